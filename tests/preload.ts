/** Loads the native core before any test, so that the first one to use it is not blamed for a library that stays loaded. */
import { core } from "../ffi/library.ts";

core();
