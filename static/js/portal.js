"use strict";
/* Sheets: they open by their "#id" without script too; here the focus moves in, Esc closes and the page behind is inert. */
(function () {
  var sheet = null;
  var opener = null;

  function behind(off) {
    document.querySelectorAll("body > main, body > nav, body > .p-skip").forEach(function (part) {
      part.inert = off;
    });
  }

  function close() {
    if (!sheet) return;
    sheet.classList.remove("open");
    sheet = null;
    behind(false);
    if (opener) opener.focus();
  }

  function open(next, from) {
    if (sheet) sheet.classList.remove("open");
    else opener = from;
    sheet = next;
    sheet.classList.add("open");
    behind(true);
    var first = sheet.querySelector("a:not([tabindex='-1']), button, input, textarea");
    if (first) first.focus();
  }

  document.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest("a[href^='#']");
    if (!link) return;
    var target = document.getElementById(link.hash.slice(1));
    if (target && target.classList.contains("p-sheet")) open(target, link);
    else if (sheet && sheet.contains(link)) close();
    else return;
    event.preventDefault();
  });

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") close();
  });
})();
