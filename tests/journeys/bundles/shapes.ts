// The three shapes of bundle: a data type with three transformers, an action that calls back over
// HTTP, an action that decrypts.

type Handler = { type: string; handler: (...parts: any[]) => unknown };

export const isBadge: Handler = {
  type: "validator",
  handler: (value: string): boolean => /^[a-z]{2}-?\d+$/i.test(value),
};

export const upper: Handler = {
  type: "normalizer",
  handler: async (value: string): Promise<string> => value.replace("-", "").toUpperCase(),
};

export const last2: Handler = {
  type: "transformer",
  handler: (_context: Context, _object: object, value: string) => `…${value.slice(-2)}`,
};

export const withName: Handler & { dependencies: { properties: string[] } } = {
  type: "transformer",
  dependencies: { properties: ["full_*"] },
  handler: (_context: Context, { full_name }: any, value: string) => `${value} ${full_name ?? "?"}`,
};

export const forWhom: Handler = {
  type: "transformer",
  handler: ({ user, reason, prop, param }: Context) => ({ user, reason, prop, param }),
};

export const notify: Handler & { description: string } = {
  type: "action",
  description: "Sends a mail address to the mailer.",
  async handler({ body, reason, vault }: Invocation) {
    const { to } = await vault.deref({ to: body.to });
    const answer = await fetch(`${body.mailer}/send`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ to, reason }),
    });
    if (!answer.ok) {
      throw new Error(`The mailer answers ${answer.status}.`);
    }
    console.log("sent a mail to", to);
    return { status: answer.status, ...(await answer.json()) };
  },
};

export const domains: Handler = {
  type: "action",
  async handler({ body, vault }: Invocation) {
    const opened = await vault.crypto.decrypt({
      collection: body.collection,
      requestBody: body.sealed.map((ciphertext: string) => ({
        encryptedObject: { ciphertext },
        props: ["mail"],
      })),
    });
    const found = new Set<string>();
    for (const { fields } of opened) {
      found.add(fields.mail.split("@")[1]);
    }
    return [...found].sort();
  },
};

export const wait: Handler = {
  type: "action",
  handler() {
    for (;;) {}
  },
};
