/** Names of people on the log: pseudonyms and encrypted names, whose keys lie outside of it and can be destroyed. */
export { KEYS_FILE } from "./key_book.ts";
export { KeyRing, type KeyRingOptions } from "./ring.ts";
export { sealValue } from "./seal.ts";
export { scrubbed, wordOf } from "./scrub.ts";
export { forgottenText } from "./token.ts";
