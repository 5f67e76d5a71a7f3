"use strict";
/* A paper on the phone. Every change is saved at once under the next sequence; what could not be saved waits in
   sessionStorage (answers only) and goes out when the network is back, when the page is left, or with the paper. */
(function () {
  var done = document.querySelector("[data-handed-in]");
  if (done) sessionStorage.removeItem("paper:" + done.dataset.handedIn);
  if (!document.getElementById("qf")) return;

  var store = "paper:" + question().dataset.attempt;
  var queue = JSON.parse(sessionStorage.getItem(store) || "{}");
  var busy = false;
  var leaving = false;
  var failures = 0;
  var timer = 0;
  var end = null;

  function question() { return document.getElementById("q"); }
  function form() { return document.getElementById("qf"); }
  function number() { return Number(question().dataset.question); }
  function keep() { sessionStorage.setItem(store, JSON.stringify(queue)); }

  function say(words, good) {
    var state = document.getElementById("saved");
    state.firstElementChild.hidden = !good;
    state.lastElementChild.textContent = words;
    state.classList.toggle("p-ok", Boolean(good));
  }

  function trouble(words) {
    var note = document.getElementById("trouble");
    note.hidden = !words;
    note.lastElementChild.textContent = words || "";
  }

  function given() {
    var data = new FormData(form());
    return { q: number(), a: data.getAll("a"), mark: data.has("mark"), sequence: Number(form().elements.sequence.value) };
  }

  function fill(entry) {
    var texts = entry.a.slice();
    form().querySelectorAll("[name='a']").forEach(function (field) {
      if (field.type === "radio" || field.type === "checkbox") field.checked = entry.a.indexOf(field.value) >= 0;
      else field.value = texts.shift() || "";
    });
    form().elements.mark.checked = entry.mark;
    form().elements.sequence.value = entry.sequence + 1;
    mend(entry);
  }

  /* The answer sheet and the question of the hand-in dialog follow what was tapped. */
  function mend(entry) {
    var tile = document.querySelector("#sheet [value='" + entry.q + "']");
    if (!tile) return;
    var open = !entry.a.some(Boolean);
    tile.classList.toggle("open", open);
    tile.querySelector("[data-flag]").hidden = !entry.mark;
    tile.lastElementChild.textContent = (open ? "未答" : "已答") + (entry.mark ? "，已标记" : "");
    var all = document.querySelectorAll("#sheet .p-tiles button").length;
    var left = document.querySelectorAll("#sheet .p-tiles .open").length;
    var marked = document.querySelectorAll("#sheet [data-flag]:not([hidden])").length;
    document.getElementById("counts").textContent = "已答 " + (all - left) + " 题，未答 " + left + " 题，标记 " + marked + " 题";
    document.getElementById("h-sub").textContent = left ? "还有 " + left + " 题没答，现在交卷？" : "都答完了，现在交卷？";
  }

  function change() {
    var entry = given();
    queue[entry.q] = entry;
    keep();
    form().elements.sequence.value = entry.sequence + 1;
    mend(entry);
    if (!failures) say("");
    flush();
  }

  function post(entry, fields, alive) {
    var data = new FormData();
    data.append("csrfmiddlewaretoken", form().elements.csrfmiddlewaretoken.value);
    data.append("q", entry.q);
    data.append("sequence", entry.sequence);
    entry.a.forEach(function (value) { data.append("a", value); });
    if (entry.mark) data.append("mark", "on");
    Object.keys(fields).forEach(function (name) { data.append(name, fields[name]); });
    return fetch(form().action, { method: "POST", body: data, headers: { Accept: "application/json" }, keepalive: alive, credentials: "same-origin" });
  }

  function flush() {
    var waiting = Object.keys(queue);
    if (busy || leaving || !waiting.length) return;
    var entry = queue[waiting[0]];
    busy = true;
    clearTimeout(timer);
    var slow = setTimeout(function () { say("正在保存"); }, 300);
    post(entry, { go: "save" }).then(function (answer) {
      if (answer.redirected) throw new Error("signed out");
      return answer.json().then(function (body) {
        if (answer.ok || answer.status === 409) return settle(entry, answer.ok, body);
        if (answer.status === 404 || answer.status === 422) return drop(entry, body.title);
        throw new Error(answer.status);
      });
    }).then(function () {
      if (failures) post(entry, { go: "reconnected" }).catch(function () {});
      failures = 0;
      busy = false;
      flush();
    }).catch(function (error) {
      busy = false;
      failures += 1;
      say("没存上，会再试");
      trouble(error.message === "signed out" ? "登录过期了。答案留在手机上，刷新页面登录后会自动保存。"
        : "网络断开了。答案先留在手机上，连上后会自动保存。");
      timer = setTimeout(flush, Math.min(30000, 1000 * Math.pow(2, failures - 1)));
    }).finally(function () { clearTimeout(slow); });
  }

  function settle(entry, ok, body) {
    if (!ok && body.sequence === undefined) {  // handed in, withdrawn or too late: the page says which
      if (!leaving) location.reload();
      return new Promise(function () {});
    }
    if (body.left !== undefined) count(body.left);
    var newer = queue[entry.q].sequence > entry.sequence;
    if (ok) {
      if (!newer) { delete queue[entry.q]; keep(); }
      if (!Object.keys(queue).length) { say("已保存 " + body.saved_at, true); trouble(""); }
      return;
    }
    delete queue[entry.q];
    keep();
    var stored = { q: entry.q, a: body.value || [], mark: body.is_marked, sequence: body.sequence };
    if (entry.q === number()) fill(stored);
    else mend(stored);
    say("");
    trouble("第 " + entry.q + " 题：" + body.title);
  }

  function drop(entry, words) {
    delete queue[entry.q];
    keep();
    trouble(words);
  }

  /* Whatever is not saved when the page goes away. */
  function flushAll() {
    Object.keys(queue).forEach(function (q) { post(queue[q], { go: "save" }, true).catch(function () {}); });
  }

  function show(address, push) {
    return fetch(address, { headers: { Accept: "text/html" }, credentials: "same-origin" }).then(function (answer) {
      return answer.text();
    }).then(function (html) {
      var next = new DOMParser().parseFromString(html, "text/html");
      if (!next.getElementById("qf")) { location.assign(address); return; }
      var shut = document.querySelector(".p-sheet.open [aria-label='关闭']");
      if (shut) shut.click();
      ["q", "bar", "sheet", "submit"].forEach(function (id) {
        document.getElementById(id).replaceWith(next.getElementById(id));
      });
      if (push) history.pushState(null, "", address);
      begin();
      window.scrollTo(0, 0);
      document.getElementById("here").focus({ preventScroll: true });
    }).catch(function () { trouble("网络断开了，还在这一题。连上以后再点一次。"); });
  }

  function handIn() {
    var data = new FormData(form());
    data.set("go", "submit");
    data.set("queue", JSON.stringify(Object.keys(queue).map(function (q) { return queue[q]; })));
    if (leaving) return;
    leaving = true;
    clearTimeout(timer);
    fetch(form().action, { method: "POST", body: data, headers: { Accept: "text/html" }, credentials: "same-origin" }).then(function (answer) {
      if (answer.status >= 500) throw new Error(answer.status);
      if (answer.ok) location.replace(answer.url);
      else location.reload();
    }).catch(function () {
      leaving = false;
      busy = false;
      var shut = document.querySelector("#submit a[href='#q']:not([tabindex])");
      if (shut) shut.click();
      trouble("没交上，网络断了。答案都留在手机上，连上以后再按交卷。");
      timer = setTimeout(flush, 5000);
    });
  }

  function count(left) { end = left === null ? null : Date.now() + left * 1000; }

  function two(part) { return (part < 10 ? "0" : "") + part; }

  function tick() {
    var clock = document.getElementById("timer");
    if (!clock || end === null) return;
    var left = Math.max(0, Math.round((end - Date.now()) / 1000));
    var hours = Math.floor(left / 3600);
    clock.lastElementChild.textContent = (hours ? hours + ":" : "") + two(Math.floor(left / 60) % 60) + ":" + two(left % 60);
    clock.setAttribute("aria-label", "剩余时间 " + Math.floor(left / 60) + " 分 " + left % 60 + " 秒");
    if (left === 300 || left === 60) document.getElementById("announce").textContent = "还有 " + left / 60 + " 分钟";
    if (left === 0) {
      end = null;
      handIn();
    }
  }

  /* After the page was drawn or swapped: what waits for this question is newer than what the server knew. */
  function begin() {
    var left = question().dataset.left;
    count(left === undefined ? null : Number(left));
    var waiting = queue[number()];
    if (waiting && waiting.sequence >= Number(form().elements.sequence.value)) fill(waiting);
    Object.keys(queue).forEach(function (q) { mend(queue[q]); });
    flush();
  }

  var typing = 0;
  document.addEventListener("input", function (event) {
    if (event.target.form !== form() || event.target.type !== "text") return;
    clearTimeout(typing);
    typing = setTimeout(change, 1000);
  });
  document.addEventListener("change", function (event) {
    if (event.target.form !== form()) return;
    clearTimeout(typing);
    change();
  });
  document.addEventListener("submit", function (event) {
    if (event.target !== form()) return;
    event.preventDefault();
    var go = event.submitter ? event.submitter.value : "";
    if (go === "submit") handIn();
    else if (go === "check") document.getElementById("to-submit").click();
    else if (Number(go) !== number()) show(form().action + "?q=" + go, true);
  });
  document.addEventListener("visibilitychange", function () {
    if (document.visibilityState === "hidden") flushAll();
    else flush();
  });
  window.addEventListener("online", flush);
  window.addEventListener("popstate", function () { show(location.href, false); });
  setInterval(tick, 1000);
  begin();
})();
