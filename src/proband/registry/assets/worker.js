"use strict";
// Keeps the page of the tablet on the device: with a network as it is now, without one as it was. It keeps no answer to anything that is sent.
const KEPT = "proband-tablet-1";
const OWN = ["/bed/tablet/", "/bed/tablet/tablet.js", "/bed/zxing.js", "/sheet.css"];
addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(KEPT);
    await Promise.all(OWN.map(async (path) => {
      const answer = await fetch(path, { credentials: "same-origin", cache: "no-store" });
      if (!answer.ok || answer.redirected) throw new Error(path);
      await cache.put(path, answer);
    }));
    await skipWaiting();
  })());
});
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== location.origin || !OWN.includes(address.pathname)) return;
  event.respondWith((async () => {
    const cache = await caches.open(KEPT);
    try {
      const answer = await fetch(event.request);
      // who has signed out is sent to the entrance; the page of the device stays
      if (answer.type === "opaqueredirect" || answer.redirected || !answer.ok) return (await cache.match(address.pathname)) || answer;
      await cache.put(address.pathname, answer.clone());
      return answer;
    } catch {
      return (await cache.match(address.pathname)) || Response.error();
    }
  })());
});
