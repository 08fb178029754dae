/** Reads a file of the machine by importing it. */
import secrets from "../secrets.json" with { type: "json" };
export default { init: () => ({ receive: () => console.log(secrets) }) };
