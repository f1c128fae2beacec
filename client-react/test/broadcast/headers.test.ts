import { expect, test } from "vitest";
import { linkWith } from "../../src/broadcast/link";
import { withStereo } from "../../src/broadcast/sdp";
import { OFFER } from "../support/whep";

const BASE = "https://sfu.test/whep/view/1";

test("a link is found among others, and made absolute", () => {
  const header = '<stun:a.test>; rel="ice-server", <sse?a=1,2>; events="active,inactive" ; rel="x urn:sse", <b>; rel=plain';
  expect(linkWith("urn:sse", header, BASE)).toBe("https://sfu.test/whep/view/sse?a=1,2");
  expect(linkWith("plain", header, BASE)).toBe("https://sfu.test/whep/view/b");
  expect(linkWith("ice-server", header, BASE)).toBe("stun:a.test");
});

test("without such a link there is none", () => {
  for (const header of [null, "", "nonsense", '<a>; rel="other"', "<a>"]) expect(linkWith("urn:sse", header, BASE)).toBeNull();
});

test("stereo is asked for once", () => {
  const stereo = withStereo(OFFER);
  expect(stereo).toContain("useinbandfec=1;stereo=1\r\n");
  expect(withStereo(stereo)).toBe(stereo);
  expect(withStereo("v=0\r\n")).toBe("v=0\r\n");
});
