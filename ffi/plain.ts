/** Records as plain data. Needs no native core, so that a page may have it too. */

/** Fields of a generated record view as a plain object. For people and tests; not for hot paths. */
export function plain<T extends object>(
  view: T,
): { readonly [K in keyof T as T[K] extends number ? K : never]: number } {
  const kind = Object.getPrototypeOf(view);
  let getters = gettersOf.get(kind);
  if (getters === undefined) {
    getters = Object.entries(Object.getOwnPropertyDescriptors(kind)).flatMap(([name, { get }]) =>
      get ? [[name, get]] : []
    );
    gettersOf.set(kind, getters);
  }
  const fields: Record<string, number> = {};
  for (const [name, get] of getters) fields[name] = get.call(view);
  return fields as ReturnType<typeof plain<T>>;
}

/** By prototype of the view, because describing one takes as long as reading a hundred. */
const gettersOf = new WeakMap<object, readonly (readonly [name: string, get: () => number])[]>();
