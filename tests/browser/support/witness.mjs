// Keeps count, in a page, of what a user would notice.

/** Before the page's scripts: how often devices and connections were opened, and all that was announced. */
export const witness = () => {
  window.witness = { devices: 0, connections: 0, heard: [] };
  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = (wish) => {
    window.witness.devices += 1;
    return open(wish);
  };
  const Connection = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Connection {
    constructor(...args) {
      super(...args);
      window.witness.connections += 1;
    }
  };
  const listen = (records) => {
    for (const { addedNodes } of records) {
      for (const node of addedNodes) if (node.parentElement?.role === "log") window.witness.heard.push(node.textContent);
    }
  };
  new MutationObserver(listen).observe(document, { childList: true, subtree: true });
};

export const testimony = ({ page }) => page.evaluate(() => window.witness);
