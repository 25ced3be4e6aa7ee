"""Devices that browse the web: operating system, browser and version that belong together, with their User-Agent headers.

The shares are our own rough estimate of worldwide traffic; the headers follow the vendors' reduced forms, in which a version's
minor parts and a phone's model are frozen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_CHROME = tuple(range(124, 140))
_FIREFOX = tuple(range(126, 142))
_SAFARI = ("16.6", "17.3", "17.4", "17.5", "17.6", "18.0", "18.1", "18.2", "18.3", "18.4", "18.5")
_SAMSUNG = tuple(range(24, 29))
_WEBKIT, _BLINK = "AppleWebKit/605.1.15 (KHTML, like Gecko)", "AppleWebKit/537.36 (KHTML, like Gecko)"
_WINDOWS, _MAC = "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7"
_LINUX, _ANDROID = "X11; Linux x86_64", "Linux; Android 10; K"


@dataclass(frozen=True)
class Client:
    """One device with one browser.

    Attributes:
        device: `desktop`, `mobile` or `tablet`.
        os: The operating system.
        browser: The browser.
        user_agent: What it sends.
        weight: Its share.
    """

    device: str
    os: str
    browser: str
    user_agent: str
    weight: float


@lru_cache(maxsize=1)
def read_clients() -> tuple[Client, ...]:
    """All clients."""
    found = [*_desktops(), *_apples(), *_androids()]
    return tuple(sorted(found, key=lambda client: client.user_agent))


def _age(versions: tuple[object, ...]) -> Iterator[tuple[object, float]]:
    """Each version with its share: a version has 1.5 times the users of the one before."""
    total = sum(1.5**place for place in range(len(versions)))
    for place, version in enumerate(versions):
        yield version, 1.5**place / total


def _desktops() -> Iterator[Client]:
    systems = (("Windows", _WINDOWS, 30.0), ("macOS", _MAC, 5.0), ("Linux", _LINUX, 2.0))
    for system, platform, weight in systems:
        for version, share in _age(_CHROME):
            chrome = f"Mozilla/5.0 ({platform}) {_BLINK} Chrome/{version}.0.0.0 Safari/537.36"
            yield Client("desktop", system, "Chrome", chrome, weight * 0.7 * share)
            if system != "Linux":
                edge = f"{chrome} Edg/{version}.0.0.0"
                yield Client("desktop", system, "Edge", edge, weight * (0.18 if system == "Windows" else 0.04) * share)
        gecko = platform.replace("10_15_7", "10.15")
        for version, share in _age(_FIREFOX):
            agent = f"Mozilla/5.0 ({gecko}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"
            yield Client("desktop", system, "Firefox", agent, weight * 0.08 * share)
    for version, share in _age(_SAFARI):
        agent = f"Mozilla/5.0 ({_MAC}) {_WEBKIT} Version/{version} Safari/605.1.15"
        yield Client("desktop", "macOS", "Safari", agent, 4.5 * share)


def _apples() -> Iterator[Client]:
    for device, name, weight in (("mobile", "iPhone; CPU iPhone OS", 16.0), ("tablet", "iPad; CPU OS", 1.2)):
        for version, share in _age(_SAFARI):
            system = f"{name} {str(version).replace('.', '_')} like Mac OS X"
            start = f"Mozilla/5.0 ({system}) {_WEBKIT}"
            safari = f"{start} Version/{version} Mobile/15E148 Safari/604.1"
            yield Client(device, "iOS" if device == "mobile" else "iPadOS", "Safari", safari, weight * 0.92 * share)
            chrome = f"{start} CriOS/{_CHROME[-1]}.0.0.0 Mobile/15E148 Safari/604.1"
            yield Client(device, "iOS" if device == "mobile" else "iPadOS", "Chrome", chrome, weight * 0.08 * share)


def _androids() -> Iterator[Client]:
    for device, mobile, weight in (("mobile", " Mobile", 40.0), ("tablet", "", 1.0)):
        for version, share in _age(_CHROME):
            agent = f"Mozilla/5.0 ({_ANDROID}) {_BLINK} Chrome/{version}.0.0.0{mobile} Safari/537.36"
            yield Client(device, "Android", "Chrome", agent, weight * 0.9 * share)
        for version, share in _age(_SAMSUNG):
            chrome = _CHROME[2 * (int(str(version)) - _SAMSUNG[-1]) - 1]
            agent = f"Mozilla/5.0 ({_ANDROID}) {_BLINK} SamsungBrowser/{version}.0 Chrome/{chrome}.0.0.0{mobile} Safari/537.36"
            yield Client(device, "Android", "Samsung Internet", agent, weight * 0.08 * share)
    for version, share in _age(_FIREFOX):
        agent = f"Mozilla/5.0 (Android 14; Mobile; rv:{version}.0) Gecko/{version}.0 Firefox/{version}.0"
        yield Client("mobile", "Android", "Firefox", agent, 40.0 * 0.02 * share)
