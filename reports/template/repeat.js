// How to repeat it: the command, and a button that copies it.

function repeatSection({ command }) {
  const said = el("span", { class: "soft", role: "status" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(command);
      said.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(text);
      said.textContent = "selected; copy it with the keyboard";
    }
  };
  const text = el("pre", { tabindex: "0" }, command);
  return section(
    "repeat",
    "Repeat it",
    text,
    el("p", {}, el("button", { type: "button", onclick: copy }, "Copy"), " ", said),
  );
}
