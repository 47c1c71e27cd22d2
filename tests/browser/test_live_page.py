"""The live page as people meet it: both languages, wide and narrow, moving, steering, and honest when it is cut off."""

import contextlib
import os
from collections.abc import AsyncIterator

import msgspec
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout
from pydantic import SecretStr

from config.model import ApiSettings
from desk.server import Desk
from telephony.agents import AgentState, CampaignAction, CampaignAsked, NotReadyAsked, Refused
from tests.browser.chromium import FLAGS, Unavailable, obtain
from tests.desk.fake_callers import FakeCallers
from tests.desk.fake_floor import FakeBatches, FakeDoNotCall, FakeFloor, FakeForecaster, FakeQueries
from tests.desk.fake_routing import FakeRouting

pytestmark = pytest.mark.browser
TOKEN = "correct-horse-battery-staple"
WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 844}
PATIENCE_MS = 60_000


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    try:
        program = obtain()
    except Unavailable as why:
        if os.environ.get("CI") == "true":
            pytest.fail(str(why))
        pytest.skip(f"NO BROWSER TEST RAN: {why}")
    async with async_playwright() as play:
        chromium = await play.chromium.launch(executable_path=program, args=FLAGS, timeout=180_000)
        yield chromium
        await chromium.close()


class Visit:
    """A desk over a fake floor and one page on it; everything the console says is kept."""

    def __init__(self, browser: Browser, *, simulated: bool = True, agents: int = 12) -> None:
        self.browser = browser
        self.floor = FakeFloor(agents=agents, simulated=simulated)
        self.simulated = simulated
        self.console: list[str] = []
        self.port = 0

    async def __aenter__(self) -> "Visit":
        await self.open_desk()
        return self

    async def open_desk(self) -> None:
        settings = ApiSettings(port=self.port, tokens={"wang": SecretStr(TOKEN)})
        clock, queries = self.floor.clock, FakeQueries()
        self.desk = Desk(
            self.floor,
            settings,
            simulated=self.simulated,
            queries=queries,
            batches=FakeBatches(),
            do_not_call=FakeDoNotCall(),
            forecaster=FakeForecaster(),
            callers=FakeCallers(),
            routing=FakeRouting(),
            clock=clock,
        )
        self.port = await self.desk.start()

    async def page(self, *, locale: str = "zh-CN", viewport: dict[str, int] = WIDE, scheme: str = "light") -> Page:
        self.context: BrowserContext = await self.browser.new_context(
            locale=locale, viewport=viewport, color_scheme=scheme
        )
        page = await self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda said: self.console.append(said.text))
        page.on("pageerror", lambda error: self.console.append(str(error)))
        await page.goto(f"http://127.0.0.1:{self.port}/")
        return page

    async def __aexit__(self, *_: object) -> None:
        await self.context.close()
        await self.desk.close()


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=PATIENCE_MS)


async def test_the_board_shows_every_agent_and_moves_with_the_floor(browser: Browser) -> None:
    async with Visit(browser) as visit:
        page = await visit.page()
        await expect(page.locator("[data-agent]")).to_have_count(12)
        for state in (AgentState.READY, AgentState.TALKING, AgentState.AUX):
            visit.floor.put("1001", state, "lunch" if state == AgentState.AUX else "")
            await expect(page.locator("[data-agent='1001']")).to_have_attribute("data-state", state.value)
        await expect(page.locator("[data-agent='1001']")).to_contain_text("用餐")
        await expect(page.locator(".events")).to_contain_text("坐席 1001：通话 → 示忙")
        visit.floor.trouble()
        await expect(page.locator(".alarms")).to_contain_text("carrier2")
        assert visit.console == []


@pytest.mark.parametrize(
    ("locale", "said", "other"),
    [
        ("zh-CN", ["坐席", "春季回访", "运行中", "预测：空闲 7"], "Agents"),
        ("en-US", ["Agents", "Running", "Forecast"], "坐席"),
    ],
)
async def test_the_page_speaks_the_readers_language_and_remembers_his_choice(
    browser: Browser, locale: str, said: list[str], other: str
) -> None:
    async with Visit(browser) as visit:
        page = await visit.page(locale=locale)
        for words in said:
            await expect(page.locator("#page")).to_contain_text(words)
        await expect(page.locator("#page")).not_to_contain_text(other)
        await page.click("[data-language]")
        await expect(page.locator("#page")).to_contain_text(other)
        await page.reload()
        await expect(page.locator("#page")).to_contain_text(other)
        assert visit.console == []


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
@pytest.mark.parametrize(("viewport", "agents"), [(NARROW, 12), (NARROW, 500), (WIDE, 500)])
async def test_nothing_sticks_out_sideways(
    browser: Browser, viewport: dict[str, int], agents: int, locale: str
) -> None:
    async with Visit(browser, agents=agents) as visit:
        visit.floor.trouble()
        page = await visit.page(viewport=viewport, locale=locale, scheme="dark")
        await expect(page.locator("[data-agent]")).to_have_count(agents)
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"]
        assert visit.console == []


async def test_how_long_customers_last_is_shown_by_group_and_when_they_run_dry(browser: Browser) -> None:
    async with Visit(browser) as visit:
        page = await visit.page(locale="en-GB")
        spring = page.locator('[data-campaign="spring"] .stocks')
        await expect(spring.locator('[data-stock=""]')).to_contain_text("5,200 for today")
        await expect(spring.locator('[data-stock=""]')).to_contain_text("last through today")
        await expect(spring.locator('[data-stock="B"]')).to_contain_text("run dry at")
        await expect(page.locator('[data-campaign="renewal"] .stocks')).to_have_count(0)
        assert visit.console == []


async def test_buttons_steer_the_campaign_and_stop_asks_first(browser: Browser) -> None:
    async with Visit(browser) as visit:
        page = await visit.page()
        spring = page.locator("[data-campaign='spring']")
        await spring.locator("[data-ask='pause']").click()
        await expect(spring).to_have_attribute("data-state", "paused")
        await spring.locator("[data-ask='start']").click()
        await expect(spring).to_have_attribute("data-state", "running")
        await spring.locator("[data-ask='stop']").click()
        assert [ask.action for ask in visit.floor.asked] == [CampaignAction.PAUSE, CampaignAction.START]
        await page.locator("[data-sure]").click()
        await expect(spring).to_have_attribute("data-state", "stopped")
        last = visit.floor.asked[-1]
        assert isinstance(last, CampaignAsked)
        assert last.action == CampaignAction.STOP


async def test_an_agent_is_set_not_ready_with_a_reason_and_a_refusal_is_said(browser: Browser) -> None:
    async with Visit(browser) as visit:
        visit.floor.put("1003", AgentState.READY)
        page = await visit.page()
        await page.locator("[data-agent='1003']").focus()
        await page.keyboard.press("Enter")
        await page.locator("[data-reason='training']").click()
        await expect(page.locator("[data-agent='1003']")).to_contain_text("培训")
        assert visit.floor.asked == [NotReadyAsked(actor="simulate", agent="1003", reason="training")]
        visit.floor.refusal = Refused(code="unknown_agent")
        await page.locator("[data-agent='1003']").click()
        await page.locator("dialog [data-ask='ready']").click()
        await expect(page.locator(".toast")).to_contain_text("没有这位坐席")


async def test_a_lost_connection_is_said_and_old_figures_are_not_shown_as_live(browser: Browser) -> None:
    async with Visit(browser) as visit:
        page = await visit.page()
        await expect(page.locator("[data-link]")).to_have_attribute("data-link", "live")
        await visit.desk.close()
        await expect(page.locator(".banner.lost")).to_be_visible()
        await expect(page.locator("main")).to_have_class("old")
        visit.floor.put("1002", AgentState.HOLD)
        await visit.open_desk()
        with contextlib.suppress(PlaywrightTimeout):  # the page may have come back by itself
            await page.locator(".banner.lost button").click(timeout=5_000)
        await expect(page.locator("[data-link]")).to_have_attribute("data-link", "live")
        await expect(page.locator(".banner.lost")).to_have_count(0)
        await expect(page.locator("[data-agent='1002']")).to_have_attribute("data-state", "hold")


async def test_behind_tokens_nothing_shows_before_the_right_one(browser: Browser) -> None:
    async with Visit(browser, simulated=False) as visit:
        page = await visit.page(locale="en-US")
        field = page.locator("dialog input")
        await expect(field).to_be_visible()
        await expect(page.locator("[data-agent]")).to_have_count(0)
        await field.fill("a-wrong-token-that-is-long")
        await field.press("Enter")
        await expect(page.locator("dialog [role='alert']")).to_contain_text("wrong")
        await page.locator("dialog input").fill(TOKEN)
        await page.locator("dialog input").press("Enter")
        await expect(page.locator("[data-agent]")).to_have_count(12)
        await page.locator("[data-campaign='spring'] [data-ask='pause']").click()
        await expect(page.locator("[data-campaign='spring']")).to_have_attribute("data-state", "paused")
        assert visit.floor.asked[-1].actor == "wang"


@pytest.mark.parametrize(
    ("locale", "head", "rule"),
    [("zh-CN", "今日合规拦截", "不在外呼时段"), ("en", "Kept back today", "outside calling hours")],
)
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_refusals_of_today_are_shown_by_rule_with_comparable_bars(
    browser: Browser, locale: str, head: str, rule: str, viewport: dict[str, int]
) -> None:
    async with Visit(browser) as visit:
        page = await visit.page(locale=locale, viewport=viewport)
        panel = page.locator(".refusals")
        await expect(panel.locator("h2")).to_have_text(head)
        first = panel.locator("li").first
        await expect(first.locator("span")).to_have_text(rule)
        await expect(first.locator("b")).to_have_text("912")
        tracks = [await bar.bounding_box() for bar in await panel.locator("li svg").all()]
        assert len(tracks) == 4
        assert len({(round(box["x"]), round(box["width"])) for box in tracks if box}) == 1
        assert visit.console == []


@pytest.mark.parametrize(
    ("locale", "credit", "cap", "less", "now"),
    [
        ("zh-CN", "目标之内还可放弃 7 通", "下一通的风险上限 3.1%", "少 13 秒", "当前"),
        ("en", "7 more may find nobody within the target", "the next call may run a risk of 3.1%", "13 s less", "now"),
    ],
)
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_a_campaign_says_its_budget_and_what_another_target_would_bring(
    browser: Browser, locale: str, credit: str, cap: str, less: str, now: str, viewport: dict[str, int]
) -> None:
    async with Visit(browser) as visit:
        page = await visit.page(locale=locale, viewport=viewport)
        spring = page.locator("[data-campaign='spring']")
        await expect(spring.locator("[data-budget]")).to_contain_text(credit)
        await expect(spring.locator("[data-budget]")).to_contain_text(cap)
        await expect(spring.locator("[data-hour] .plot")).to_have_count(2)
        await spring.locator("[data-foresight] button").click()
        await expect(spring.locator("[data-target='0.02']")).to_contain_text(less)
        await expect(spring.locator("[data-target='0.028']")).to_contain_text(now)
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"]
        assert visit.console == []


async def test_a_campaign_beyond_its_target_says_how_long_it_must_keep_quiet(browser: Browser) -> None:
    async with Visit(browser) as visit:
        visit.floor.campaigns[0] = msgspec.structs.replace(visit.floor.campaigns[0], connected=920, abandoned=80)
        page = await visit.page(locale="en")
        budget = page.locator("[data-campaign='spring'] [data-budget]")
        await expect(budget).to_have_class("budget over")
        await expect(budget).to_contain_text("1,858 more live answers without one")
