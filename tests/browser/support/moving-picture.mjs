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

/** Blocks of fixed grain that slide sideways, each row at its own speed. */
function picture(frame) {
  const luma = Buffer.alloc(WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y += 1) {
    const shift = frame * (1 + (y >> 5) % 7);
    for (let x = 0; x < WIDTH; x += 1) {
      const u = (x + shift) >> 2;
      luma[y * WIDTH + x] = 40 + ((Math.imul(u * 7919 + (y >> 2) * 104729, 2654435761) >>> 25) & 127);
    }
  }
  return Buffer.concat([luma, Buffer.alloc((WIDTH * HEIGHT) / 2, 128)]);
}
