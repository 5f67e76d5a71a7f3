"use strict";
/* The button stays hidden until WeCom's SDK accepts our signature: in other browsers the names below it are enough. */
document.querySelectorAll("[data-chat]").forEach(function (button) {
  if (!window.ww || !/wxwork/i.test(navigator.userAgent)) return;
  fetch(button.dataset.chat, { headers: { Accept: "application/json" } })
    .then(function (answer) {
      if (!answer.ok) throw new Error(answer.status);
      return answer.json();
    })
    .then(function (config) {
      ww.register({
        corpId: config.corpId,
        agentId: config.agentId,
        jsApiList: ["openEnterpriseChat"],
        getConfigSignature: function () { return config.config; },
        getAgentConfigSignature: function () { return config.agentConfig; },
      });
      button.hidden = false;
      button.addEventListener("click", function () {
        ww.openEnterpriseChat({ groupName: config.groupName, userIds: config.userIds, externalUserIds: [], chatId: "" });
      });
    })
    .catch(function () { button.hidden = true; });
});
