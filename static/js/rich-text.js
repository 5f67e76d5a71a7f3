/* The words of the editor, which has no Chinese of its own, and the name of the area one writes in. The editor reads
   ``gettext`` when it is loaded, so this comes before it. */
const words = {
  "paragraph": "段落样式", "Paragraph": "正文", "Heading 2": "大标题", "Heading 3": "小标题",
  "unordered list": "符号列表", "ordered list": "编号列表", "List properties": "编号方式", "List type": "编号样式",
  "Bullets": "符号", "Start at": "从几开始", "Decimal numbers": "1、2、3", "Lowercase letters": "a、b、c",
  "Uppercase letters": "A、B、C", "Lowercase Roman numerals": "i、ii、iii", "Uppercase Roman numerals": "I、II、III",
  "blockquote": "引用", "figure": "图片", "Insert Figure": "插入图片", "Edit Figure": "修改图片",
  "Edit Image": "修改图片", "Image URL": "图片网址", "Alternative Text": "替代文字", "Caption": "图片说明",
  "Add caption": "加图片说明", "Remove caption": "去掉图片说明", "Browse...": "选择图片",
  "bold": "加粗", "italic": "斜体", "insert link": "加链接", "remove link": "去掉链接", "Edit Link": "修改链接",
  "URL": "网址", "Title": "标题", "Open in new window": "在新窗口打开",
  "Insert table": "插入表格", "Insert Table": "插入表格", "Table Properties": "表格", "Rows": "行数", "Columns": "列数",
  "Include header row": "有表头", "Add column": "加一列", "Delete column": "删除列", "Add row": "加一行",
  "Delete row": "删除行", "Merge cells": "合并单元格", "Split cell": "拆分单元格", "Toggle header cell": "表头单元格",
  "Delete table": "删除表格", "undo": "撤销", "redo": "重做",
  "Insert": "插入", "Update": "修改", "Cancel": "取消",
};
const known = window.gettext ?? ((word) => word);
window.gettext = (word) => words[word] ?? known(word);

/* The editor puts the area in later and leaves it nameless; its buttons do not ask ``gettext``. */
const name = (area) => {
  const label = area.closest(".group")?.querySelector("label");
  if (label) area.setAttribute("aria-label", label.textContent.replace("*", "").trim());
};
const translate = () => {
  document.querySelectorAll(".tiptap:not([aria-label])").forEach(name);
  document.querySelectorAll(".prose-menubar [title]").forEach((button) => {
    const word = words[button.title];
    if (!word) return;
    button.title = word;
    button.setAttribute("aria-label", word);
  });
  document.querySelectorAll(".prose-menubar__option > *").forEach((option) => {
    const word = words[option.textContent];
    if (word) option.textContent = word;
  });
};
new MutationObserver(translate).observe(document.body, { childList: true, subtree: true });
translate();
