// The clock of the header; and the keyboard's place in a panel whose content was just renewed.
(() => {
  const zone = { timeZone: "Asia/Shanghai", hour12: false };
  const tick = () => {
    const clock = document.getElementById("clock");
    if (clock) clock.textContent = new Date().toLocaleString("sv-SE", zone);
  };
  tick();
  setInterval(tick, 1000);

  let held = null; // panel, and what its link or button led to
  document.addEventListener("focusin", (event) => {
    const panel = event.target.closest?.("[data-live]");
    held = panel && { panel, href: event.target.getAttribute("href") };
  });
  document.addEventListener("pointerdown", () => { held = null; });
  new MutationObserver(() => {
    if (!held || document.activeElement !== document.body || !held.href) return;
    for (const link of held.panel.querySelectorAll("a[href]")) {
      if (link.getAttribute("href") === held.href) return link.focus({ preventScroll: true });
    }
    held = null;
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
