/**
 * Lint rule cwts/no-ambient: nothing in runtime/, supervision/ and actors/ reads a clock, draws chance or sets a timer by
 * itself. All three come from the actor's context, so that a run is (seed, input, build) and can be repeated.
 *
 * The few places where real time enters say so: `// deno-lint-ignore cwts/no-ambient -- reason`. What runs in the
 * browser (actors/console/page) is no actor and is exempt.
 */
const ROOMS = ["runtime/", "supervision/", "actors/"];
const EXEMPT = ["actors/console/page/"];

const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  Date: ["now"],
  performance: ["now"],
  Math: ["random"],
  crypto: ["randomUUID", "getRandomValues"],
  Temporal: ["Now"],
  process: ["hrtime", "nextTick", "uptime"],
};
const FUNCTIONS = ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"];
const GLOBALS = ["globalThis", "self", "window"];
/** Modules that are another door to the same things, and which of their exports are. */
const MODULES: Readonly<Record<string, readonly string[]>> = {
  "node:timers": [...FUNCTIONS, "promises"],
  "node:timers/promises": [...FUNCTIONS, "scheduler"],
  "node:perf_hooks": ["performance", "monitorEventLoopDelay"],
  "node:crypto": ["randomBytes", "randomInt", "randomUUID", "randomFill", "randomFillSync", "webcrypto"],
};

const HINT = "take it from the actor's context (clock, random, timers, stopwatch, nextId)";

/** Whether the rule looks at a file; `filename` is absolute or relative to the repository. */
function applies(filename: string): boolean {
  const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);
  const path = filename.replaceAll("\\", "/");
  const relative = path.startsWith(root) ? path.slice(root.length) : path.replace(/^\.\//, "");
  return ROOMS.some((room) => relative.startsWith(room)) && !EXEMPT.some((room) => relative.startsWith(room));
}

/** Name of the thing a member access starts from, seen through globalThis. */
function owner(node: Deno.lint.Node): string | null {
  if (node.type === "Identifier") return node.name;
  if (node.type === "MemberExpression" && node.object.type === "Identifier" && GLOBALS.includes(node.object.name)) {
    return property(node);
  }
  return null;
}

function property(node: Deno.lint.MemberExpression): string | null {
  if (!node.computed && node.property.type === "Identifier") return node.property.name;
  return node.property.type === "Literal" && typeof node.property.value === "string" ? node.property.value : null;
}

const rule: Deno.lint.Rule = {
  create(context) {
    if (!applies(context.filename)) return {};
    const refuse = (node: Deno.lint.Node, what: string) =>
      context.report({ node, message: `${what} is ambient`, hint: HINT });
    const refuseCall = (node: Deno.lint.Node, callee: Deno.lint.Node) => {
      if (owner(callee) === "Date") refuse(node, "the present time");
    };
    return {
      MemberExpression(node) {
        const [object, name] = [owner(node.object), property(node)];
        if (object === null || name === null) return;
        if (MEMBERS[object]?.includes(name)) refuse(node, `${object}.${name}`);
        else if (GLOBALS.includes(object) && FUNCTIONS.includes(name)) refuse(node, name);
      },
      NewExpression(node) {
        if (node.arguments.length === 0) refuseCall(node, node.callee);
      },
      CallExpression(node) {
        // Date() without new gives the present time whatever its arguments are.
        refuseCall(node, node.callee);
      },
      VariableDeclarator(node) {
        if (node.id.type !== "ObjectPattern" || !node.init) return;
        const object = owner(node.init);
        if (object === null) return;
        const banned = GLOBALS.includes(object) ? [...FUNCTIONS, ...Object.keys(MEMBERS)] : MEMBERS[object] ?? [];
        for (const part of node.id.properties) {
          if (part.type !== "Property" || part.key.type !== "Identifier") continue;
          // Bare names of banned functions are reported as identifiers below.
          if (banned.includes(part.key.name) && !FUNCTIONS.includes(part.key.name)) {
            refuse(part, `${object}.${part.key.name}`);
          }
        }
      },
      Identifier(node) {
        if (!FUNCTIONS.includes(node.name)) return;
        const parent = node.parent;
        // A property or method that happens to bear the name is somebody's own.
        if (parent.type === "MemberExpression" && parent.property === node && !parent.computed) return;
        if (parent.type === "MethodDefinition" || parent.type === "PropertyDefinition") return;
        if (parent.type === "TSMethodSignature" || parent.type === "TSPropertySignature") return;
        // A type says nothing at run time, and imports are reported as such below.
        if (parent.type === "TSTypeQuery" || parent.type === "ImportSpecifier") return;
        if (parent.type === "Property" && parent.key === node && !parent.shorthand) {
          if (parent.parent.type !== "ObjectPattern") return;
        }
        refuse(node, node.name);
      },
      ImportDeclaration(node) {
        const banned = MODULES[node.source.value];
        if (banned === undefined || node.importKind === "type") return;
        for (const specifier of node.specifiers) {
          if (specifier.type !== "ImportSpecifier") {
            refuse(specifier, `all of ${node.source.value}`);
          } else if (specifier.imported.type === "Identifier" && banned.includes(specifier.imported.name)) {
            refuse(specifier, `${specifier.imported.name} of ${node.source.value}`);
          }
        }
      },
    };
  },
};

export default { name: "cwts", rules: { "no-ambient": rule } } satisfies Deno.lint.Plugin;
