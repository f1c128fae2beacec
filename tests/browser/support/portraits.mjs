// Drawn cameras and a drawn screen, for pictures of the page that people like to look at. Each function runs in a page.

/** Makes the page's camera a portrait in the colours of `hue`, which breathes; sound stays the browser's own. */
export function drawPortrait({ hue, skin, hair }) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1280, height: 720 });
  const pen = canvas.getContext("2d");
  const disc = (x, y, rx, ry, colour) => {
    pen.fillStyle = colour;
    pen.beginPath();
    pen.ellipse(x, y, rx, ry, 0, 0, 7);
    pen.fill();
  };
  const draw = (at) => {
    const sway = Math.sin(at / 900) * 8;
    const wall = pen.createLinearGradient(0, 0, 1280, 720);
    wall.addColorStop(0, `hsl(${hue} 38% 74%)`);
    wall.addColorStop(1, `hsl(${hue + 30} 34% 52%)`);
    pen.fillStyle = wall;
    pen.fillRect(0, 0, 1280, 720);
    pen.fillStyle = `hsl(${hue} 30% 84% / 55%)`;
    pen.fillRect(830, 60, 270, 300);
    pen.fillStyle = `hsl(${hue + 30} 30% 46% / 50%)`;
    pen.fillRect(90, 430, 330, 16);
    [150, 190, 238].forEach((x, index) => pen.fillRect(x, 340 - index * 14, 28, 92 + index * 14));
    disc(640 + sway / 3, 790, 330, 260, `hsl(${hue + 190} 30% 36%)`);
    pen.fillStyle = skin;
    pen.fillRect(585 + sway, 440, 110, 120);
    disc(640 + sway, 300, 162, 178, hair);
    disc(640 + sway, 355, 132, 160, skin);
    pen.fillStyle = hair;
    pen.beginPath();
    pen.ellipse(640 + sway, 262, 140, 82, 0, Math.PI, 0);
    pen.fill();
    const blink = at % 4_000 < 140 ? 2 : 13;
    for (const side of [-50, 50]) disc(640 + sway + side, 350, 10, blink, "#2b211b");
    pen.strokeStyle = "#8d4b3c";
    pen.lineWidth = 7;
    pen.lineCap = "round";
    pen.beginPath();
    pen.arc(640 + sway, 408, 44, 0.35, Math.PI - 0.35);
    pen.stroke();
    requestAnimationFrame(draw);
  };
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async ({ audio, video }) => {
    if (!video) return open({ audio });
    requestAnimationFrame(draw);
    return canvas.captureStream(15);
  };
}

/** Makes the page's screen a page with a headline and a chart that grows. */
export function drawScreen() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1920, height: 1080 });
  const pen = canvas.getContext("2d");
  const draw = (at) => {
    pen.fillStyle = "#fbfaf7";
    pen.fillRect(0, 0, 1920, 1080);
    pen.fillStyle = "#2a2420";
    pen.font = "600 84px system-ui, sans-serif";
    pen.fillText("Soups sold by the hour", 120, 190);
    pen.font = "40px system-ui, sans-serif";
    pen.fillStyle = "#6b6058";
    pen.fillText("Miso leads from noon on", 120, 262);
    for (let bar = 0; bar < 12; bar += 1) {
      const height = 90 + 480 * Math.abs(Math.sin(0.45 + bar / 4.2)) + 8 * Math.sin(at / 500 + bar);
      pen.fillStyle = bar > 4 && bar < 9 ? "#a8431d" : "#d9c9b4";
      pen.fillRect(130 + bar * 140, 960 - height, 92, height);
    }
    requestAnimationFrame(draw);
  };
  navigator.mediaDevices.getDisplayMedia = async () => {
    requestAnimationFrame(draw);
    return canvas.captureStream(10);
  };
}

export const PORTRAITS = [
  { hue: 28, skin: "#eec39a", hair: "#3b2416" },
  { hue: 190, skin: "#8d5a3c", hair: "#17110d" },
  { hue: 130, skin: "#f3d2b3", hair: "#b5532a" },
  { hue: 265, skin: "#c98f63", hair: "#2a1a12" },
];
