// A 720p film that is not easy to encode, for Chromium to play as its camera: the built-in one is nearly still.
import { createWriteStream } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [WIDTH, HEIGHT, FRAMES, RATE] = [1280, 720, 30, 30];

/** Writes the film (YUV4MPEG2, one second, played in a loop) and gives its path. */
export async function writeMovingPicture() {
  const path = join(tmpdir(), `miso-film-${process.pid}.y4m`);
  const file = createWriteStream(path);
  file.write(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F${RATE}:1 Ip A1:1 C420\n`);
  for (let frame = 0; frame < FRAMES; frame += 1) {
    file.write("FRAME\n");
    file.write(picture(frame));
  }
  await new Promise((resolve, reject) => file.end((error) => (error ? reject(error) : resolve())));
  return path;
}

/** Blocks of fixed grain that slide sideways, each band of rows at its own speed. */
function picture(frame) {
  const luma = Buffer.alloc(WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y += 1) {
    const shift = frame * (1 + ((y >> 6) % 3));
    for (let x = 0; x < WIDTH; x += 1) {
      const u = (x + shift) >> 4;
      luma[y * WIDTH + x] = 80 + ((Math.imul(u * 7919 + (y >> 4) * 104729, 2654435761) >>> 26) & 63);
    }
  }
  return Buffer.concat([luma, Buffer.alloc((WIDTH * HEIGHT) / 2, 128)]);
}
