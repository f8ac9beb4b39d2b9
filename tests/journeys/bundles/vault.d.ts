// What code sees in the vault: the declarations of docs/write-your-first-action.md.
declare const console: Record<"log" | "info" | "warn" | "error", (...values: unknown[]) => void>;
declare function fetch(
  url: string,
  options?: { method?: string; headers?: Record<string, string>; body?: string | null },
): Promise<{ ok: boolean; status: number; text(): Promise<string>; json(): Promise<any> }>;

interface Vault {
  deref<Key extends string>(identifiers: Record<Key, string>): Promise<Record<Key, any>>;
  crypto: {
    decrypt(request: {
      collection: string;
      requestBody: { encryptedObject: { ciphertext: string; scope?: string }; props?: string[] }[];
    }): Promise<{ fields: Record<string, any> }[]>;
  };
}

interface Invocation {
  user: string;
  role: string;
  reason: string;
  body: any;
  vault: Vault;
}

interface Context {
  user: string;
  role: string;
  reason: string;
  collection: string;
  props: Record<string, string>;
  prop: string;
  param?: string;
}
