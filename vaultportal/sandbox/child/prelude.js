// Evaluated once in a fresh context, before any code that is not ours. It takes away what reaches
// out or tells the time, puts in what code may ask for, and returns the driver: functions that only
// the process around the engine holds.
//
// What follows runs in one world with hostile code, so nothing here looks up a built-in by name
// after this first run, and all that leaves is put together as text: no prototype has a say in it.
// Functions that code can call are named portal$..., so that the places of errors leave them out.
(function portal$prelude() {
  "use strict";

  const { apply, construct, ownKeys, getOwnPropertyDescriptor, defineProperty } = Reflect;
  const { parse, stringify } = JSON;
  const { create, freeze, getPrototypeOf } = Object;
  const { isArray } = Array;
  const TextOf = String;
  const Later = Promise;
  const Failure = Error;
  const WrongType = TypeError;
  const then = Promise.prototype.then;
  const isAbove = Object.prototype.isPrototypeOf;
  const cut = String.prototype.slice;
  const lower = String.prototype.toLowerCase;
  const KINDS = [
    EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, InternalError,
    AggregateError,
  ].map((kind) => ({ __proto__: null, name: kind.name, prototype: kind.prototype }));

  function put(owner, name, value, fixed) {
    defineProperty(owner, name, {
      __proto__: null, value, writable: !fixed, configurable: !fixed, enumerable: false,
    });
  }

  // -- what goes ----------------------------------------------------------------------------------

  // The clock and its substitutes; text as code: what runs is what was stored, hashed and audited.
  for (const name of ["eval", "performance", "SharedArrayBuffer", "Atomics"]) {
    delete globalThis[name];
  }
  function NoCode() {
    throw new WrongType("Code cannot be made from text here.");
  }
  const makers = [
    function () {}, async function () {}, function* () {}, async function* () {},
  ].map(getPrototypeOf);
  for (const prototype of makers) {
    put(prototype, "constructor", NoCode, true);
  }
  put(NoCode, "prototype", Function.prototype, true);
  put(globalThis, "Function", NoCode);

  // Code must not run while the engine words the end that it gave to code.
  for (const [name, value] of [["prepareStackTrace", undefined], ["stackTraceLimit", 10]]) {
    defineProperty(Error, name, {
      __proto__: null, get: () => value, set: () => {}, configurable: false, enumerable: false,
    });
  }
  const errorText = Error.prototype.toString;
  put(InternalError.prototype, "toString", errorText, true);
  freeze(InternalError.prototype);

  // -- a clock that stands, dice with a seed ------------------------------------------------------

  let now = 0;
  const RealDate = Date;
  const dateText = Date.prototype.toString;
  function FixedDate(...parts) {
    if (new.target === undefined) {
      return apply(dateText, new RealDate(now), []);
    }
    return construct(RealDate, parts.length === 0 ? [now] : parts, new.target);
  }
  put(FixedDate, "prototype", RealDate.prototype, true);
  put(FixedDate, "parse", RealDate.parse);
  put(FixedDate, "UTC", RealDate.UTC);
  put(FixedDate, "now", function portal$now() { return now; });
  put(RealDate.prototype, "constructor", FixedDate);
  put(globalThis, "Date", FixedDate);

  let a = 0, b = 0, c = 0, d = 0;
  function dice() { // sfc32, public domain
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum | 0;
    return sum >>> 0;
  }
  put(Math, "random", function portal$random() {
    return ((dice() >>> 5) * 67108864 + (dice() >>> 6)) / 9007199254740992;
  });

  // -- what code may ask for ----------------------------------------------------------------------

  let asked = 0; // the number of the last request
  let calls = ""; // requests that wait to be sent, as JSON
  let log = "";
  let logRoom = 0;
  const open = create(null); // requests without an answer
  const origins = new WeakMap(); // errors that the host gave, and by which request
  const originOf = origins.get.bind(origins);
  const setOrigin = origins.set.bind(origins);

  function ask(name, argument) {
    return new Later((resolve, reject) => {
      const text = stringify(argument);
      asked += 1;
      open[asked] = { __proto__: null, resolve, reject };
      calls += `${calls && ","}[${asked},"${name}",${text === undefined ? "null" : text}]`;
    });
  }

  function vault() {
    return {
      deref: function portal$deref(names) { return ask("vault.deref", names); },
      crypto: {
        decrypt: function portal$decrypt(request) { return ask("vault.crypto.decrypt", request); },
      },
    };
  }

  function plain(headers) {
    const copy = create(null);
    if (typeof headers === "object" && headers !== null) {
      for (const name of ownKeys(headers)) {
        if (typeof name === "string") {
          copy[name] = TextOf(headers[name]);
        }
      }
    }
    return copy;
  }

  put(globalThis, "fetch", async function portal$fetch(url, options) {
    const { method = "GET", headers, body = null } = options === undefined ? create(null) : options;
    const reply = await ask("fetch", {
      __proto__: null,
      url: TextOf(url),
      method: TextOf(method),
      headers: plain(headers),
      body: body === null ? null : TextOf(body),
    });
    const text = TextOf(reply.body);
    const found = create(null);
    for (const name of ownKeys(reply.headers || create(null))) {
      found[apply(lower, name, [])] = reply.headers[name];
    }
    return {
      ok: reply.ok === true,
      status: reply.status,
      headers: {
        get: function portal$get(name) {
          const value = found[apply(lower, TextOf(name), [])];
          return value === undefined ? null : value;
        },
      },
      text: async function portal$text() { return text; },
      json: async function portal$json() { return parse(text); },
    };
  });

  function worded(value) {
    try {
      if (apply(isAbove, Failure.prototype, [value])) {
        return stringify(apply(errorText, value, []));
      }
      const text = stringify(value);
      return text === undefined ? stringify(TextOf(value)) : text;
    } catch {
      return '"?"'; // what cannot be written is not worth the end of the call
    }
  }

  const console = {};
  for (const level of ["debug", "log", "info", "warn", "error"]) {
    put(console, level, function portal$console(...values) {
      let text = "";
      for (let index = 0; index < values.length && text.length <= logRoom; index += 1) {
        text += `${text && ","}${worded(values[index])}`;
      }
      if (logRoom < 0) {
        return;
      }
      logRoom -= text.length;
      const told = logRoom < 0 ? '"The log is full."' : text;
      log += `${log && ","}{"level":"${level}","arguments":[${told}]}`;
    });
  }
  put(globalThis, "console", console);
  put(globalThis, "self", globalThis); // how many libraries look for the global object

  // -- the driver ---------------------------------------------------------------------------------

  let items = create(null); // results, as JSON
  let wanted = 0;
  let settled = 0;
  let room = 0;
  let fault = ""; // of the bundle as a whole
  let limit = "";
  let nulls = false; // null was thrown: by code, or by the engine without memory for an error

  function described(kind, error) {
    let name = "Error", message = "", stack = "", host = 0;
    nulls = nulls || error === null;
    try {
      if ((typeof error === "object" && error !== null) || typeof error === "function") {
        for (let index = 0; index < KINDS.length; index += 1) {
          if (apply(isAbove, KINDS[index].prototype, [error])) {
            name = KINDS[index].name;
          }
        }
        host = originOf(error) || 0;
        const { message: text, stack: trace } = error;
        message = typeof text === "string" ? apply(cut, text, [0, 1000]) : "";
        stack = typeof trace === "string" ? apply(cut, trace, [0, 4000]) : "";
      } else {
        message = apply(cut, TextOf(error), [0, 1000]);
      }
    } catch {
      message = ""; // an error whose own members throw has nothing to say
    }
    return `{"fault":"${kind}","name":"${name}","message":${stringify(message)},` +
      `"stack":${stringify(stack)},"host":${host}}`;
  }

  function settle(index, text) {
    items[index] = text;
    settled += 1;
    room -= text.length;
    if (room < 0) {
      limit = "output";
    }
  }

  function fail(index, kind, error) {
    settle(index, described(kind, error));
  }

  function finish(index, value) {
    let text;
    try {
      text = stringify(value);
    } catch (error) {
      fail(index, "not_json", error);
      return;
    }
    if (text === undefined && value !== undefined) {
      fail(index, "not_json", "");
      return;
    }
    settle(index, `{"value":${text === undefined ? "null" : text}}`);
  }

  function invoke(index, target, code, values) {
    let result;
    try {
      result = apply(code, target, values);
    } catch (error) {
      fail(index, "thrown", error);
      return;
    }
    if ((typeof result === "object" && result !== null) || typeof result === "function") {
      const promise = new Later((resolve) => resolve(result));
      try {
        apply(then, promise, [
          function portal$kept(value) { finish(index, value); },
          function portal$broken(error) { fail(index, "rejected", error); },
        ]);
      } catch (error) { // `then` asks the promise for its constructor, which may be another now
        fail(index, "rejected", error);
      }
    } else {
      finish(index, result);
    }
  }

  function evaluate(factory) {
    const module = { exports: {} };
    const first = module.exports;
    const last = apply(factory, first, [first, module]);
    return last === first ? module.exports : last;
  }

  function owns(owner, name) {
    const holds = (typeof owner === "object" && owner !== null) || typeof owner === "function";
    return holds && getOwnPropertyDescriptor(owner, name) !== undefined;
  }

  function describe(exports) {
    let text = "";
    const isOpen = typeof exports === "function" || (typeof exports === "object" && exports);
    const names = isOpen ? ownKeys(exports) : [];
    for (let index = 0; index < names.length && text.length <= room; index += 1) {
      const name = names[index];
      if (typeof name !== "string" || !getOwnPropertyDescriptor(exports, name).enumerable) {
        continue;
      }
      const value = exports[name];
      let functions = "";
      const isHolder = typeof value === "object" && value !== null;
      const members = isHolder ? ownKeys(value) : [];
      for (let at = 0; at < members.length; at += 1) {
        if (typeof members[at] === "string" && typeof value[members[at]] === "function") {
          functions += `${functions && ","}${stringify(members[at])}`;
        }
      }
      const metadata = stringify(value);
      text += `${text && ","}{"name":${stringify(name)},"kind":"${typeof value}",` +
        `"functions":[${functions}],"metadata":${metadata === undefined ? "null" : metadata}}`;
    }
    return `{"value":[${text}]}`;
  }

  function start(factory, jobText) {
    const job = parse(jobText);
    now = job.now;
    ({ 0: a, 1: b, 2: c, 3: d } = job.seed);
    logRoom = job.log;
    room = job.output;
    wanted = job.items === null ? 1 : job.items.length;
    let exports, target, code;
    try {
      exports = evaluate(factory);
      if (job.items === null) {
        settle(0, describe(exports));
        return;
      }
      target = owns(exports, job.export) ? exports[job.export] : undefined;
      code = job.method === null ? target : owns(target, job.method) && target[job.method];
    } catch (error) {
      fault = described("thrown", error);
      return;
    }
    if (typeof code !== "function") {
      fault = described("missing", "");
      return;
    }
    for (let index = 0; index < job.items.length; index += 1) {
      const values = job.items[index];
      if (job.vault) {
        values[0].vault = vault();
      }
      invoke(index, job.method === null ? undefined : target, code, values);
    }
  }

  // What is there for the portal now: the end, or requests; with neither, nothing more can happen.
  function take() {
    let text;
    if (limit) {
      text = `{"limit":"${limit}"`;
    } else if (fault) {
      text = `{"fault":${fault}`;
    } else if (settled < wanted && calls) {
      text = `{"calls":[${calls}]`;
      calls = "";
    } else {
      let all = "";
      for (let index = 0; index < wanted; index += 1) {
        all += `${index ? "," : ""}${items[index] === undefined ? "null" : items[index]}`;
      }
      text = `{"items":[${all}]`;
    }
    text += `,"log":[${log}]}`;
    log = "";
    return apply(cut, text, [0]); // in one piece: what adds strings up leaves them in pieces
  }

  function lost() {
    return nulls;
  }

  function answer(text) {
    const answers = parse(text);
    for (let index = 0; index < answers.length; index += 1) {
      const { 0: number, 1: isValue, 2: value } = answers[index];
      const { resolve, reject } = open[number];
      delete open[number];
      if (isValue) {
        resolve(value);
      } else {
        const error = new Failure(value.message);
        if (value.code) {
          put(error, "code", value.code);
        }
        setOrigin(error, number);
        reject(error);
      }
    }
  }

  for (const own of [
    NoCode, FixedDate, put, dice, ask, vault, plain, worded, described, settle, fail, finish, invoke,
    evaluate, owns, describe, start, take, answer, lost,
  ]) {
    put(own, "name", `portal$${own.name}`, true);
  }
  put(globalThis, "portal$driver", { start, take, answer, lost });
})();
