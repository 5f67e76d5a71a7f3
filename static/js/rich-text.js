/* Names the area one writes in after the label of its field: the editor puts it in later and leaves it nameless. */
const name = (area) => {
  const label = area.closest(".group")?.querySelector("label");
  if (label) area.setAttribute("aria-label", label.textContent.replace("*", "").trim());
};
new MutationObserver(() => document.querySelectorAll(".tiptap:not([aria-label])").forEach(name)).observe(document.body, {
  childList: true,
  subtree: true,
});
document.querySelectorAll(".tiptap").forEach(name);
