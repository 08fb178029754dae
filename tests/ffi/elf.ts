/** The functions that an ELF library offers to others: the defined global symbols of its dynamic table. */

const SHT_DYNSYM = 11;
const STT_FUNC = 2;
const STB_GLOBAL = 1;
const SECTION_HEADER = 64;
const SYMBOL = 24;

/** `library`: a little-endian 64-bit ELF file. */
export function exportedNames(library: Uint8Array<ArrayBuffer>): string[] {
  const view = new DataView(library.buffer, library.byteOffset, library.byteLength);
  if (view.getUint32(0, false) !== 0x7f454c46 || view.getUint16(4, false) !== 0x0201) {
    throw new Error("not a little-endian 64-bit ELF file");
  }
  const word = (at: number): number => Number(view.getBigUint64(at, true));
  const sections = word(40);
  const count = view.getUint16(60, true);
  const section = (n: number) => {
    const at = sections + n * SECTION_HEADER;
    return {
      type: view.getUint32(at + 4, true),
      offset: word(at + 24),
      size: word(at + 32),
      link: view.getUint32(at + 40, true),
    };
  };
  const symbols = Array.from({ length: count }, (_, n) => section(n)).find(({ type }) => type === SHT_DYNSYM);
  if (symbols === undefined) throw new Error("no dynamic symbols");
  const strings = section(symbols.link).offset;
  const names: string[] = [];
  for (let at = symbols.offset; at < symbols.offset + symbols.size; at += SYMBOL) {
    const info = library[at + 4];
    const defined = view.getUint16(at + 6, true) !== 0;
    if (!defined || (info & 15) !== STT_FUNC || info >> 4 !== STB_GLOBAL) continue;
    const start = strings + view.getUint32(at, true);
    names.push(new TextDecoder().decode(library.subarray(start, library.indexOf(0, start))));
  }
  return names;
}
