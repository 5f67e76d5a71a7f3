// Remembers where a video stands, to go on from there. It decides nothing: finished is what the button says.
(() => {
  const video = document.querySelector("video[data-spot]");
  if (!video) return;
  const EVERY = 15; // seconds of video
  const headers = JSON.parse(document.body.getAttribute("hx-headers"));
  let saved = 0;
  const save = () => {
    const spot = Math.floor(video.currentTime);
    if (spot === saved) return;
    saved = spot;
    fetch(video.dataset.spot, { method: "POST", headers, body: new URLSearchParams({ spot }), keepalive: true }).catch(() => {});
  };
  video.addEventListener("timeupdate", () => Math.abs(video.currentTime - saved) >= EVERY && save());
  video.addEventListener("pause", save);
  addEventListener("pagehide", save);
})();
