"""The live widgets of the front page, the write-up and a class page, in a real browser."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from nightly import pairs, smoke
from PIL import Image, ImageChops, ImageStat

from actmax.recipe import METHODS
from gen.pages.live import BENCH_SIZE
from gen.pages.live_weights import weights
from gen.plan.drawings import STEP_SIZES, STEPS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LAYERS = [layer.name for layer in weights().layers]
WRITE_UP = "/write-ups/activation-maximization/"
TIMEOUT = 60_000
"""Milliseconds that a drawing may take on a slow, busy machine."""

Open = Callable[..., "Page"]


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[Any]:
    """Shared, so that the weights are fetched once."""
    created = browser.new_context(
        viewport={"width": 1280, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    yield created
    created.close()


@pytest.fixture
def visit(context: Any, address: str) -> Iterator[Open]:
    """Open a page of the built site. At the end: no errors, and no requests to other hosts."""
    faults: list[str] = []
    opened: list[Page] = []

    def open_page(path: str, requests: list[str] | None = None, within: Any = context) -> Page:
        page: Page = within.new_page()
        opened.append(page)
        page.set_default_timeout(TIMEOUT)
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))

        def record(request: Any) -> None:
            (requests if requests is not None else []).append(request.url)
            if not request.url.startswith((address, "data:", "blob:")):
                faults.append(request.url)

        page.on("request", record)
        page.goto(address + path)
        page.wait_for_selector(".live button[name=go]")
        return page

    yield open_page
    for page in opened:
        page.close()
    assert faults == []


def drawn(page: Page) -> Image.Image:
    """Return the canvas as an image."""
    url: str = page.evaluate("document.querySelector('.live canvas').toDataURL()")
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB")


def finished(page: Page) -> str:
    """Wait for the end of a drawing. Return the status line."""
    page.wait_for_selector(".live[data-state=done]")
    return page.inner_text(".live-status")


def status_contains(page: Page, text: str) -> None:
    """Wait until the status line contains a text."""
    page.wait_for_function("text => document.querySelector('.live-status').textContent.includes(text)", arg=text)


def test_only_scripts_are_fetched_before_a_drawing_is_started(visit: Open) -> None:
    requests: list[str] = []
    page = visit("/", requests)
    page.wait_for_timeout(300)
    names = {url.rpartition("/")[2] for url in requests if "/live/" in url}
    modules = ("live", "address", "bench", "facts", "form", "listing", "network", "own-picture", "picture", "results")
    assert names == {f"{module}.js" for module in (*modules, "target", "view")}


def test_a_class_named_by_a_synonym_is_drawn(visit: Open) -> None:
    requests: list[str] = []
    page = visit("/", requests)
    page.fill(".live input[name=draw]", "Carassius auratus")
    page.press(".live input[name=draw]", "Enter")
    status = finished(page)
    assert "goldfish (" in status
    assert page.locator(".live-top li").count() == 5
    assert page.inner_text(".live-top li >> nth=0").startswith("goldfish")
    assert page.locator(".live-status a").get_attribute("href").endswith("/gallery/goldfish/")  # type: ignore[union-attr]
    assert len(page.get_attribute(".live polyline", "points").split()) == 64  # type: ignore[union-attr]
    assert drawn(page).size == (160, 160)
    assert len({drawn(page).getpixel((x, x)) for x in range(0, 160, 8)}) > 8
    assert fetched_layers(requests) == LAYERS


def test_a_channel_is_drawn_with_the_layers_below_it_alone(browser: Browser, visit: Open) -> None:
    requests: list[str] = []
    context = browser.new_context()
    context.add_init_script("Object.defineProperty(navigator, 'connection', { value: { saveData: true } });")
    page = visit("/#draw=conv2%3A017&seed=3.7&size=64", requests, context)
    status_contains(page, "Settings from the address: conv2:17, seed 3.")
    assert page.input_value(".live input[name=draw]") == "conv2:17"
    page.hover(".live button[name=go]")
    page.wait_for_timeout(300)
    assert fetched_layers(requests) == []  # the reader saves data
    page.click(".live button[name=go]")
    status = finished(page)
    assert re.match(r"Done\. The activation of conv2:17 is \d+\.\d\d\.", status), status
    assert fetched_layers(requests) == ["conv1", "conv2"]
    assert page.locator(".live-top li").count() == 0
    page.fill(".live input[name=draw]", "fc6:3 - 0.5*fc6:9")
    page.press(".live input[name=draw]", "Enter")
    page.wait_for_function(
        "document.querySelector('.live-status').textContent.startsWith('Done. The activation of fc6')"
    )
    assert fetched_layers(requests) == LAYERS[:-1]
    context.close()


def test_the_weights_are_fetched_when_a_reader_turns_to_the_field(browser: Browser, visit: Open) -> None:
    requests: list[str] = []
    context = browser.new_context()
    page = visit("/", requests, context)
    page.wait_for_timeout(300)
    assert fetched_layers(requests) == []
    with page.expect_request(f"**/{weights().layers[-1].file}"):
        page.focus(".live input[name=draw]")
    context.close()


@pytest.mark.parametrize(
    ("target", "words"),
    smoke([("conv4:999", "conv4 has 256 channels"), ("conv9:1", "no layer conv9"), ("fc6:1@2,3", "has no space")]),
)
def test_a_wrong_target_in_an_address_is_reported_at_once(visit: Open, target: str, words: str) -> None:
    status_contains(visit(f"/#draw={target}"), words)


def fetched_layers(requests: list[str]) -> list[str]:
    """Return the layers whose weights were requested, in their order."""
    names = {url.rpartition("/")[2].split("-")[0] for url in requests if url.endswith(".bin")}
    return [name for name in LAYERS if name in names]


def test_the_weights_are_cached(visit: Open) -> None:
    page = visit("/")
    page.click(".live button[name=go]")
    page.wait_for_selector(".live[data-state=running]")
    cached = page.evaluate(
        "async () => (await (await caches.open((await caches.keys())[0])).keys()).map((request) => request.url)"
    )
    assert sorted(url.rpartition("/")[2] for url in cached) == [layer.file for layer in weights().layers]


@pytest.mark.parametrize(
    ("typed", "words"),
    smoke(
        [
            ("giraffe", "ImageNet has no giraffe; nearest: hartebeest"),
            ("zebre", "Did you mean zebra?"),
            ("dog", "ImageNet has 118 classes for “dog”: "),
            ("bike", "“bike” may mean bicycle or motorcycle: "),
            ("жираф", "names are English"),
            ("", "Name one"),
            ("<b>x</b>", "“<b>x</b>”"),
        ]
    ),
)
def test_an_unknown_class_is_reported_with_a_suggestion(visit: Open, typed: str, words: str) -> None:
    page = visit("/")
    page.fill(".live input[name=draw]", typed)
    page.click(".live button[name=go]")
    status_contains(page, words)
    assert page.get_attribute(".live", "data-state") == "idle"


def test_a_suggestion_is_drawn(visit: Open) -> None:
    page = visit("/")
    page.fill(".live input[name=draw]", "dogs")
    page.click(".live button[name=go]")
    page.click(".live-status button >> text=golden retriever")
    assert page.input_value(".live input[name=draw]") == "golden retriever"
    assert finished(page).startswith("Done. ")


def test_a_drawing_can_be_paused_and_resumed(visit: Open) -> None:
    page = visit("/#draw=zebra&size=128")
    page.click(".live button[name=go]")
    page.wait_for_selector(".live[data-state=running]")
    page.wait_for_function("document.querySelector('.live polyline').getAttribute('points')?.split(' ').length > 3")
    page.click(".live button[name=go]")
    page.wait_for_selector(".live[data-state=paused]")
    page.wait_for_timeout(400)
    before = drawn(page).tobytes()
    page.wait_for_timeout(400)
    assert drawn(page).tobytes() == before
    page.click(".live button[name=go]")
    finished(page)
    assert drawn(page).tobytes() != before


def test_the_same_address_draws_the_same_picture(visit: Open) -> None:
    pictures = []
    for _ in range(2):
        page = visit("/#draw=tiger&seed=5&size=64")
        assert "seed 5" in page.inner_text(".live-status")
        page.click(".live button[name=go]")
        finished(page)
        pictures.append(drawn(page).tobytes())
    assert pictures[0] == pictures[1]
    page.click(".live button[name=copy]")
    status_contains(page, "copied")
    assert page.evaluate("navigator.clipboard.readText()").endswith("#draw=tiger&seed=5&size=64")
    page.click(".live button[name=again]")
    finished(page)
    assert drawn(page).tobytes() != pictures[0]


def test_the_saved_picture_equals_the_canvas(visit: Open) -> None:
    page = visit("/#draw=zebra&size=64")
    page.click(".live button[name=go]")
    finished(page)
    with page.expect_download() as download:
        page.click(".live button[name=save]")
    assert download.value.suggested_filename == "zebra-seed-0-live.png"
    assert Image.open(download.value.path()).convert("RGB").tobytes() == drawn(page).tobytes()
    page.evaluate("location.hash = '#draw=tiger&seed=7&size=64'")  # the picture stays the zebra's
    page.wait_for_function("document.querySelector('.live input[name=draw]').value === 'tiger'")
    with page.expect_download() as download:
        page.click(".live button[name=save]")
    assert download.value.suggested_filename == "zebra-seed-0-live.png"


@pytest.mark.nightly
def test_the_right_step_size_reaches_the_highest_logit(visit: Open) -> None:
    page = visit(WRITE_UP + "#draw=goldfish&parameterization=pixels&size=64&steps=40")
    logits = {}
    for words in ("too small", "right", "too large"):
        page.click(f".live button:has-text('{words}')")
        page.click(".live button[name=go]")
        page.wait_for_function("document.querySelector('.live').dataset.state === 'running'")
        logit = finished(page).rpartition("The logit is ")[2].split()[0]
        logits[words] = float(logit.rstrip(".").replace("−", "-"))
    assert logits["right"] > logits["too small"] + 3
    assert logits["right"] > logits["too large"]


def test_the_bench_advances_by_steps_and_by_lines(visit: Open) -> None:
    page = visit(WRITE_UP + "#draw=zebra&parameterization=fourier&size=64&steps=3")
    lines = [""]
    now = "document.querySelector('.bench-lines .now')?.textContent ?? ''"
    for _ in range(5):
        page.click(".live button[name=one-line]")
        page.wait_for_function(f"before => ![before, ''].includes({now})", arg=lines[-1])
        lines.append(page.evaluate(now))
    assert [line.split("=")[0].strip() for line in lines[1:]] == ["p", "h", "g", "t", "x"]
    page.click(".live button[name=step]")
    page.wait_for_function("document.querySelector('.live polyline').getAttribute('points')?.length > 0")
    page.click(".live button[name=step]")
    page.click(".live button[name=step]")
    assert "Done" in finished(page)


def bench_values(page: Page) -> dict[str, str]:
    """Return what the bench's fields show, by name."""
    values: dict[str, str] = page.evaluate(
        "() => Object.fromEntries([...document.querySelectorAll('.bench-knobs :is(input, output)')]"
        ".filter((field) => field.type !== 'radio' || field.checked)"
        ".map((field) => [field.name, field.type === 'checkbox' ? String(field.checked) : field.value]))"
    )
    return values


def listing(page: Page) -> list[str]:
    """Return the lines that the bench runs, without comments."""
    code = "\n".join(page.locator(".bench-line > code").all_inner_texts())
    return [line.partition("#")[0].strip() for line in code.splitlines() if line.partition("#")[0].strip()]


BARE = ["x = gray + noise(seed)", "for k in range(steps):", "z = x", "h = network(z)[i]", "g = ∇ₓ h", "x = x + α g"]
GALLERY = [
    *("x = noise(seed)", "for k in range(steps):", "p = image(x)", "z = view(p)"),
    *("h = network(z)[i] − 0.5 max(network(z))", "g = window · ∇ₚ h"),
    *("t = ∇ₚ variation(p)", "g = g / |g| − λ t / |t|"),
    "x = x + α(k) adam(g ∂p/∂x)",
]


def test_the_bench_starts_from_the_settings_of_the_build(visit: Open) -> None:
    page = visit(WRITE_UP)
    assert listing(page) == BARE
    shown = bench_values(page)
    assert (float(shown["step_size-value"]), int(shown["steps"])) == (STEP_SIZES["right"], STEPS)
    assert f", {BENCH_SIZE} pixels wide." in page.inner_text(".live [role=status]")
    page.click(".live button >> text=the gallery’s method")
    assert listing(page) == GALLERY
    shown = bench_values(page)
    for name in ("step_size", "steps", "excess_variation_weight"):
        assert float(shown.get(f"{name}-value", shown[name])) == METHODS["smooth"][name]
    page.click(".live button >> text=the bare iteration")
    assert listing(page) == BARE


@pytest.mark.parametrize("method", ["the bare iteration", "the gallery’s method"])
def test_a_field_of_the_bench_changes_its_own_line_and_no_other_field(visit: Open, method: str) -> None:
    page = visit(WRITE_UP)
    page.click(f".live button >> text={method}")
    for row, change in (
        *((0, ".live input[value=fourier]"), (0, ".live input[value=pixels]"), (2, ".live [name=transforms]")),
        *((3, ".live [name=margin_weight]"), (4, ".live [name=gradient_window]"), (4, ".live [name=relu_leak]")),
        *((6, ".live input[value=ascent]"), (6, ".live input[value=adam]"), (6, ".live [name=anneal]")),
    ):
        before, values = page.locator(".bench-line > code").all_inner_texts(), bench_values(page)
        field = page.locator(change)
        name, set_already = field.evaluate("field => [field.name, field.type === 'radio' && field.checked]")
        field.click()
        after = page.locator(".bench-line > code").all_inner_texts()
        assert (after[row] != before[row]) is not set_already
        assert bench_values(page) | {name: ""} == values | {name: ""}
    values = bench_values(page)
    for weight, lines in (("0", 0), ("0.5", 1)):
        page.fill(".live [name=excess_variation_weight]", weight)
        assert sum("λ" in line for line in listing(page)) == lines
        changed = {"excess_variation_weight": weight, "excess_variation_weight-value": weight}
        assert bench_values(page) == values | changed
    page.evaluate("location.hash = 'figures'")  # not settings
    page.wait_for_timeout(200)
    assert bench_values(page) == values | changed


def test_the_same_settings_reach_the_same_logit_on_both_pages(visit: Open) -> None:
    ends = []
    for path in ("/#draw=zebra&size=64", WRITE_UP + "#draw=zebra&size=64"):
        page = visit(path)
        if path != "/#draw=zebra&size=64":
            page.click(".live button >> text=the gallery’s method")
            page.focus(".live [name=step_size]")
            page.keyboard.press("ArrowRight")
            page.click(".live button >> text=right")
        page.click(".live button[name=go]")
        ends.append(finished(page).partition("The page of")[0].strip())
    assert ends[0] == ends[1]
    page.click(".live button[name=copy]")
    status_contains(page, "copied")
    assert "step_size=0.06&" in page.evaluate("navigator.clipboard.readText()")


def test_start_again_clears_what_the_last_drawing_showed(visit: Open) -> None:
    page = visit(WRITE_UP + "#draw=zebra&parameterization=fourier&size=64&steps=3")
    caption = page.inner_text(".live-curve figcaption")
    page.click(".live button[name=go]")
    finished(page)
    assert page.locator(".live-top li").count() == 5
    end = drawn(page).tobytes()
    page.click(".live button[name=again]")
    page.wait_for_selector(".live[data-state=paused]")
    status_contains(page, "Noise, seed 0.")
    page.wait_for_function("document.querySelector('.live canvas').ariaLabel.includes('after 0 of 3 steps')")
    assert page.locator(".live-top li").count() == 0
    assert page.get_attribute(".live polyline", "points") == ""
    assert page.inner_text(".live-curve figcaption") == caption
    assert page.locator(".bench-lines .now").count() == 0
    assert drawn(page).tobytes() != end


def test_a_setting_that_is_changed_while_it_draws_starts_it_again(visit: Open) -> None:
    page = visit(WRITE_UP + "#draw=zebra&parameterization=fourier&size=64&steps=400")
    page.click(".live button[name=go]")
    page.wait_for_selector(".live[data-state=running]")
    page.wait_for_function("document.querySelector('.live polyline').getAttribute('points')?.split(' ').length > 3")
    page.fill(".live [name=steps]", "5")
    finished(page)
    assert len(page.get_attribute(".live polyline", "points").split()) == 5  # type: ignore[union-attr]
    page.fill(".live [name=steps]", "6")
    status_contains(page, "The settings have changed.")


def picture_file() -> dict[str, Any]:
    file = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").resize((300, 200)).save(file, "PNG")
    return {"name": "mine.png", "mimeType": "image/png", "buffer": file.getvalue()}


def test_a_readers_own_picture_is_classified_and_optimized(visit: Open) -> None:
    page = visit("/gallery/zebra/#draw=zebra&size=96")
    page.set_input_files(".live input[name=file]", picture_file())
    status_contains(page, "prediction for your picture")
    assert "stays on your machine" in page.inner_text(".live-status")
    assert page.locator(".live-top li").count() == 5
    assert drawn(page).getpixel((48, 48))[0] < 60 < 90 < drawn(page).getpixel((2, 48))[0]  # type: ignore[index]
    page.click(".live button[name=go]")
    assert "zebra" in finished(page)
    assert page.locator(".live canvas[role=img]").is_visible()
    assert drawn(page).getpixel((2, 2))[0] > 0  # type: ignore[index]


PHOTO = "/write-ups/from-a-photo/"


def contrast(image: Image.Image) -> float:
    return ImageStat.Stat(image.convert("L")).stddev[0]


def difference(one: Image.Image, other: Image.Image) -> float:
    return ImageStat.Stat(ImageChops.difference(one, other).convert("L")).mean[0]


def test_any_target_is_brought_out_in_the_photo_of_the_page_and_less_with_a_larger_weight(visit: Open) -> None:
    page = visit(f"{PHOTO}#draw=conv3:7&size=96")
    page.click(".live button[name=photo]")
    status_contains(page, "bring out conv3:7")
    photo = drawn(page)
    assert contrast(photo) > 20
    page.click(".live button[name=go]")
    assert "The activation of conv3:7 is" in finished(page)
    loose = drawn(page)
    assert difference(loose, photo) > 4
    slider = page.locator(".live input[name=feature_weight]")
    slider.press("End")  # draws at once
    page.wait_for_selector(".live[data-state=running]")
    finished(page)
    assert slider.input_value() == "1"
    assert difference(drawn(page), photo) < 0.8 * difference(loose, photo)


def test_before_and_after_are_compared_and_the_gradient_is_shown_with_the_keyboard(visit: Open) -> None:
    page = visit(f"{PHOTO}#draw=tiger&size=96")
    part = page.locator(".live-photo")
    assert not part.locator(".live-before, .live-compare, .live-gradient").filter(visible=True).count()
    page.set_input_files(".live input[name=file]", picture_file())
    status_contains(page, "prediction for your picture")
    assert not part.locator(".live-before, .live-compare").filter(visible=True).count()  # nothing to compare it with
    assert not part.locator(".live-gradient").is_visible()
    part.locator("input[name=gradient]").press("Space")
    assert part.locator(".live-gradient").is_visible()
    alphas = page.evaluate(
        """() => {
          const map = document.querySelector('.live-gradient');
          const { data } = map.getContext('2d').getImageData(0, 0, map.width, map.height);
          return [...data].filter((_, i) => i % 4 === 3);
        }"""
    )
    assert len(alphas) == 144
    assert min(alphas) == 0  # where the gradient is the largest
    assert max(alphas) > 100
    page.click(".live button[name=go]")
    page.wait_for_selector(".live[data-state=running]")
    clip = "getComputedStyle(document.querySelector('.live-before')).clipPath"
    assert page.evaluate(clip) == "inset(0px 50% 0px 0px)"
    part.locator("input[name=compare]").press("Home")
    assert page.evaluate(clip) == "inset(0px 100% 0px 0px)"
    finished(page)
    page.click(".live button[name=again]")
    finished(page)
    assert not part.locator(".live-before, .live-compare, .live-gradient").filter(visible=True).count()


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("x.heic", "image/heic", "cannot read HEIC pictures. Save it as JPEG or PNG"),
        ("x.HEIC", "", "cannot read HEIC pictures"),
        ("x.pdf", "application/pdf", "“x.pdf” is not a picture. Choose a JPEG, PNG or WebP file"),
        ("x.png", "image/png", "cannot read this file as a picture"),
    ],
)
def test_a_file_that_is_no_picture_is_refused_with_what_to_do(visit: Open, name: str, kind: str, words: str) -> None:
    page = visit(PHOTO)
    page.set_input_files(".live input[name=file]", {"name": name, "mimeType": kind, "buffer": b"no picture"})
    status_contains(page, words)


def test_a_readers_own_picture_follows_a_new_size_of_the_address(visit: Open) -> None:
    page = visit("/gallery/zebra/#draw=zebra&size=96")
    page.set_input_files(".live input[name=file]", picture_file())
    status_contains(page, "prediction for your picture")
    page.evaluate("location.hash = 'draw=zebra&size=64'")
    status_contains(page, "Settings from the address")
    page.click(".live button[name=go]")
    assert "zebra" in finished(page)
    assert drawn(page).size == (64, 64)
    # The picture is darkest in its center, which the first size's pixels would not be at this size.
    assert drawn(page).getpixel((32, 32))[0] < drawn(page).getpixel((2, 32))[0]  # type: ignore[index]


@pytest.mark.parametrize(("size", "expected"), [("64.5", 65), ("3", 64), ("1e9", 448), ("large", 160)])
def test_the_size_of_the_address_is_rounded_and_clamped(visit: Open, size: str, expected: int) -> None:
    page = visit(f"/#draw=zebra&size={size}")
    page.click(".live button[name=go]")
    page.wait_for_selector(".live[data-state=running]")
    page.wait_for_function("size => document.querySelector('.live canvas').width === size", arg=expected)
    assert drawn(page).size == (expected, expected)


def test_impatient_clicks_start_one_worker(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(TIMEOUT)
    page.add_init_script(
        "window.workers = 0; const Own = Worker; window.Worker = class extends Own {"
        " constructor(url, ...given) { super(url, ...given); window.workers += /live/.test(url); } };"
    )
    page.goto(f"{address}{WRITE_UP}#draw=zebra&size=64&steps=3")
    page.evaluate(
        "for (const name of ['go', 'go', 'step', 'one-line', 'again'])"
        " document.querySelector(`.live button[name=${name}]`).click()"
    )
    assert page.locator(".live button[name=step]").is_disabled()
    finished(page)
    assert page.evaluate("window.workers") == 1
    context.close()


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("live.json", "settings could not be fetched (HTTP 503)"),
        ("words.json", "list of classes could not be fetched (HTTP 503)"),
        ("engine-relaxed.wasm", "engine could not be fetched (HTTP 503)"),
    ],
)
def test_a_file_that_the_server_refuses_is_named(browser: Browser, address: str, file: str, text: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(TIMEOUT)
    context.route(f"**/{file}", lambda route: route.fulfill(status=503, body="down"))
    page.goto(f"{address}/")
    page.click(".live button[name=go]")
    status_contains(page, text)
    context.close()


@pytest.mark.parametrize(
    ("fault", "words"),
    smoke(
        [
            ("missing", "could not be fetched"),
            ("changed", "damaged"),
            ("truncated", "damaged"),
            ("stalled", "could not be fetched"),
        ],
        2,
    ),
)
def test_missing_or_damaged_weights_are_reported(browser: Browser, address: str, fault: str, words: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    layer = weights().layers[3]
    whole = layer.content
    bodies = {"truncated": whole[:-9], "changed": whole[:-1] + bytes([whole[-1] ^ 1])}

    def respond(route: Any) -> None:
        if fault == "missing":
            route.abort()
        elif fault != "stalled":  # then no answer ever comes
            route.fulfill(body=bodies[fault])

    context.route(f"**/{layer.file}", respond)
    page.goto(f"{address}/")
    page.click(".live button[name=go]")
    status_contains(page, words)
    context.unroute(f"**/{layer.file}")
    page.click(".live button[name=go]")
    page.wait_for_selector(".live[data-state=running]", timeout=TIMEOUT)
    context.close()


def test_a_changed_engine_is_refused(browser: Browser, address: str, root: Path) -> None:
    """A bit may be flipped where the module stays valid, and would draw another picture."""
    context = browser.new_context()
    page = context.new_page()

    def respond(route: Any) -> None:
        body = bytearray((root / "gen/assets/live" / route.request.url.rpartition("/")[2]).read_bytes())
        body[-1] ^= 1
        route.fulfill(body=bytes(body), content_type="application/wasm")

    context.route("**/engine*.wasm", respond)
    page.goto(f"{address}/")
    page.click(".live button[name=go]")
    status_contains(page, "The engine arrived damaged. Reload the page.")
    context.unroute("**/engine*.wasm")
    page.click(".live button[name=go]")
    page.wait_for_selector(".live[data-state=running]", timeout=TIMEOUT)
    context.close()


def test_with_reduced_motion_few_pictures_are_shown(browser: Browser, visit: Open) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = visit("/#draw=zebra&size=64", within=context)
    page.evaluate(
        "() => { window.shown = 0; new MutationObserver(() => (window.shown += 1))"
        ".observe(document.querySelector('.live canvas'), { attributeFilter: ['aria-label'] }); }"
    )
    page.click(".live button[name=go]")
    finished(page)
    assert page.evaluate("window.shown") <= 6
    context.close()


def test_the_drawing_is_computed_outside_the_pages_thread(visit: Open) -> None:
    page = visit("/#draw=zebra&size=64")
    page.click(".live button[name=go]")
    page.wait_for_selector(".live[data-state=running]")
    assert len([worker for worker in page.workers if "/live/" in worker.url]) == 1  # the theme's search has one too
    finished(page)
    loaded = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert [url for url in loaded if url.endswith(".wasm")] == []  # only the worker has it


@pytest.mark.parametrize(("scheme", "width"), pairs(["light", "dark"], [1280, 390]))
def test_a_live_widget_in_use_is_accessible_and_fits(browser: Browser, visit: Open, scheme: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]
    page = visit(WRITE_UP + "#draw=zebra&parameterization=fourier&size=64&steps=4", within=context)
    page.click(".live button[name=go]")
    finished(page)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    violations = Axe().run(page).response["violations"]
    assert [(violation["id"], [node["html"] for node in violation["nodes"]]) for violation in violations] == []
    context.close()


def test_without_a_script_stored_pictures_are_shown(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/")
    assert page.locator(".replay img").is_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.replay img')).opacity") == "1"
    chips = page.locator(".chips a")
    assert [chip.is_visible() for chip in chips.all()] == [True] * 6
    assert all(re.fullmatch(r"gallery/[\w-]+/", chip.get_attribute("href") or "") for chip in chips.all())
    page.goto(f"{address}/gallery/zebra/")
    assert not page.locator(".live").is_visible()
    context.close()


def test_the_front_page_plays_a_stored_drawing_and_its_canvas_becomes_the_live_one(visit: Open) -> None:
    page = visit("/")
    last = "document.querySelector('.replay-step').textContent === 'Step 64 of 64'"
    page.wait_for_function(last)
    assert re.fullmatch(r"[\w ]+ ([<>]\s)?[\d.]+\s%", page.inner_text(".replay-probability"))
    stored = drawn(page)
    page.fill(".replay input", "0")
    assert page.inner_text(".replay-step") == "Step 1 of 64"
    assert drawn(page) != stored
    page.click(".replay-bar button")
    page.wait_for_function(last)
    chip = page.locator(".chips a").first
    chip.click()
    page.wait_for_selector(".live[data-state=running]")
    assert page.input_value(".live input[name=draw]") == chip.inner_text()
    finished(page)
    assert page.locator("canvas").count() == 1
    assert drawn(page).width == 160
    # All three are of the finished picture.
    best = page.inner_text(".live-top li >> nth=0").split("\n")
    assert page.inner_text(".replay-probability") == " ".join(part for part in best if part.strip())
    assert best[-1] in page.inner_text(".live [role=status]")


def test_a_stored_drawing_is_paused_and_goes_on(visit: Open) -> None:
    page = visit("/")
    page.wait_for_function("document.querySelector('.replay-step').textContent === 'Step 64 of 64'")
    playing = page.locator(".replay-bar button")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("document.querySelector('.replay-step').textContent === 'Step 2 of 64'")
    page.get_by_role("button", name="Pause").click()
    assert playing.get_attribute("aria-label") == "Play"
    paused = drawn(page)
    page.wait_for_timeout(500)
    assert drawn(page) == paused
    playing.click()
    assert page.inner_text(".replay-step") != "Step 1 of 64"
    page.get_by_role("button", name="Play", exact=True).wait_for()
    assert page.inner_text(".replay-step") == "Step 64 of 64"


def test_another_class_clears_the_stored_drawing_before_the_network_has_arrived(browser: Browser, visit: Open) -> None:
    context = browser.new_context()
    page = visit("/", within=context)
    page.wait_for_function("document.querySelector('.replay-step').textContent === 'Step 64 of 64'")
    stored = drawn(page)
    context.route("**/live/*.bin", lambda route: None)  # it never arrives
    chip = page.locator(".chips a").last
    chip.click()
    page.wait_for_function("document.querySelector('.replay-probability').textContent === 'fetching the network'")
    assert page.inner_text(".replay-step") == "Step 0 of 64"
    assert chip.inner_text() in page.inner_text("h1")
    assert drawn(page) != stored
    context.close()


def test_with_reduced_motion_the_front_page_shows_the_finished_drawing(browser: Browser, visit: Open) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = visit("/", within=context)
    page.wait_for_function("!document.querySelector('.replay button').disabled")
    assert page.inner_text(".replay-step") == "Step 64 of 64"
    assert page.locator(".replay img").is_visible()
    assert not page.locator(".replay canvas").is_visible()
    context.close()


def test_class_names_are_unique(address: str, visit: Open) -> None:
    page = visit("/")
    facts = json.loads(page.evaluate("fetch('assets/words.json').then((response) => response.text())"))
    names = [entry[0].casefold() for entry in facts["classes"]]
    assert len(set(names)) == 1000
    assert facts["classes"][264][0] == "Cardigan (264)"
    assert facts["pages"]["340"] == "../gallery/zebra/"
