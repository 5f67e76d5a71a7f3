"use strict";
// Pages work without this file. It only brings new messages into an open list or conversation.
(() => {
  const version = document.body.dataset.version;
  const badge = document.querySelector("[data-unread]");
  if (!badge) return;
  const look = async () => {
    if (document.hidden) return;
    const answer = await fetch("/messages/news", { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer || !answer.ok || answer.redirected) return;
    const news = await answer.json();
    badge.textContent = news.unread || "";
    badge.hidden = !news.unread;
    const busy = document.querySelector("details[open], select:focus, input:focus");
    if (version !== undefined && news.version !== version && !busy) location.reload();
  };
  setInterval(look, 3000);
})();
