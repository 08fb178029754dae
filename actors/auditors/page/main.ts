/// <reference lib="dom" />
/** The page of the second verifier: files in, sentences out. It asks nothing of anybody. */
import { type Dropped, KIND_NAMES, understand } from "./files.ts";
import { judge } from "./verdict.ts";

const find = (id: string): HTMLElement => document.getElementById(id)!;
const dropped: { readonly name: string; readonly file: Dropped }[] = [];

function line(parent: HTMLElement, tag: string, text: string, style = ""): void {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = style;
  parent.append(element);
}

async function add(files: Iterable<File>): Promise<void> {
  for (const file of files) {
    dropped.push({ name: file.name, file: understand(new Uint8Array(await file.arrayBuffer())) });
  }
  await show();
}

async function show(): Promise<void> {
  const [list, result] = [find("files"), find("result")];
  list.replaceChildren();
  for (const { name, file } of dropped) {
    line(list, "li", `${name}: ${KIND_NAMES[file.kind]}${file.kind === "unknown" ? ` (${file.why})` : ""}`);
  }
  const { findings, open, records } = await judge(dropped.map(({ file }) => file));
  result.replaceChildren();
  if (findings.length > 0) {
    const good = findings.every(({ fault }) => fault === null);
    const whole = open.length === 0 ? "It holds." : "So far it holds.";
    line(result, "h2", good ? whole : "IT DOES NOT HOLD.", good ? "holds" : "fails");
  }
  for (const { claim, fault } of findings) {
    line(result, "p", fault === null ? `✓ ${claim}` : `✗ ${claim}: ${fault}`, fault === null ? "holds" : "fails");
  }
  for (const question of open) line(result, "p", `? not checked: ${question}`);
  for (const record of records) line(result, "pre", record);
}

const [zone, choose] = [find("drop"), find("choose") as HTMLInputElement];
zone.addEventListener("dragover", (event) => {
  event.preventDefault();
  zone.classList.add("over");
});
zone.addEventListener("dragleave", () => zone.classList.remove("over"));
zone.addEventListener("drop", (event) => {
  event.preventDefault();
  zone.classList.remove("over");
  void add(event.dataTransfer?.files ?? []);
});
choose.addEventListener("change", () => void add(choose.files ?? []));
find("clear").addEventListener("click", () => {
  dropped.length = 0;
  choose.value = "";
  void show();
});
