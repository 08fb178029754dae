/** Takes one name out of what is kept beside the log: every place where it stands as a word, in whatever letters. */

/** As the keys of names see it: between letters and digits of no kind. */
export const wordOf = (name: string): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}])${RegExp.escape(name)}(?![\\p{L}\\p{N}])`, "giu");

/** A copy of data of JSON in which `instead` stands for the name, in values and in the names of fields. */
export function scrubbed<T>(value: T, name: string, instead: string): T {
  const text = (one: string) => one.replace(wordOf(name), () => instead);
  const walk = (one: unknown): unknown => {
    if (typeof one === "string") return text(one);
    if (Array.isArray(one)) return one.map(walk);
    if (typeof one !== "object" || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([field, inside]) => [text(field), walk(inside)]));
  };
  return walk(value) as T;
}
