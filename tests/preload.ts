/**
 * Before any test: loads the native core, so that the first one to use it is not blamed for a library that stays loaded, and
 * opens the books that are balanced after every test.
 */
import "./books.ts";
import { core } from "../ffi/library.ts";

core();
