"""Whether everyday commands take longer the more websites there are: 1e2 to 1e6 integrations, and a plot.

    python benchmarks/growth.py [--sizes 100 1000 10000 100000 1000000] [--instructions] [--svg docs/growth.svg] [--stores FOLDER]

Prints the ratio to `python -c pass` at every size, and the largest size against the smallest (goal S10: at most 1.1). Every integration is
real: sealed, marked and in the log. `--stores` keeps what was built in a folder, where it is found again: a million takes minutes.
"""

import argparse
import sqlite3
import sys
import tempfile
from pathlib import Path

from startup import environ, instructions, line, processor, seconds
from stores import filled, real

from integrations_cli import config as configuration

ONE = ["-w", "w0000000"]
COMMANDS = {
    "list -w": ["list", *ONE],
    "show": ["show", "anthropic", *ONE],
    "TAB, a website": ["TAB", "list", "-w", "w000000"],
    "TAB, an integration": ["TAB", "show", "-w", "w0000000", ""],
    "get, a setting": ["get", "anthropic", "max_tokens", *ONE],
    "get --reveal": ["get", "anthropic", "api_key", *ONE, "--reveal"],
    "test --max-age": ["test", "anthropic", *ONE, "--max-age", "52w", "--explain"],
    "disable, enable": ["disable", "anthropic", "-w", "w0000001"],
    "set, a plain setting": ["set", "anthropic", "max_tokens=5", "-w", "w0000002"],
    "add": ["add", "openrouter", "--no-test", "--secret-file"],
}
INKS = ("#7f7f7f", "#bcbd22", "#e377c2", "#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#8c564b", "#ff7f0e", "#17becf")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="*", default=[100, 1000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--instructions", action="store_true")
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("--svg")
    parser.add_argument("--stores")
    chosen = parser.parse_args()
    measure, runs = (instructions, 1) if chosen.instructions else (processor if chosen.cpu else seconds, chosen.runs)
    found: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for size in chosen.sizes:
        with tempfile.TemporaryDirectory() as folder:
            home = Path(chosen.stores or folder) / str(size)
            if not home.exists():
                filled(real(home, 10), size)
            best = measured(home, measure, runs)
        for name in COMMANDS:
            found[name].append(best[name] / best[""])
    print("| command | " + " | ".join(f"{size:,}" for size in chosen.sizes) + " | growth | goal |\n|" + "---|" * (len(chosen.sizes) + 3))
    for name, ratios in found.items():
        print(f"| `{name}` | " + " | ".join(f"{one:.2f}" for one in ratios) + f" | {ratios[-1] / ratios[0]:.2f} × | ≤ 1.1 × |")
    if chosen.svg:
        Path(chosen.svg).write_text(plot(chosen.sizes, found, "instructions" if chosen.instructions else "time"))


def measured(home: Path, measure, runs: int) -> dict[str, float]:
    """The minimum of all runs, interleaved; the first round writes byte code."""
    best: dict[str, float] = {}
    key = home / "key"
    key.write_text("key-0123456789EXAMPLE-EXAMPLE")
    for turn in range(runs + 1):
        for name, words in {"": [], **COMMANDS}.items():
            once = [f"api_key={key}", "-w", free(home)] if name == "add" else []
            took = measure([sys.executable, *line([*words, *once], name, turn)], environ(home))
            if turn:
                best[name] = min(best.get(name, 9e15), took)
    return best


def free(home: Path) -> str:
    """A website that has no openrouter yet."""
    with sqlite3.connect(configuration.load({"HOME": str(home)}).database) as connection:
        none = "NOT EXISTS (SELECT 1 FROM integration i WHERE i.website_id = w.id AND i.provider = 'openrouter')"
        return str(connection.execute(f"SELECT slug FROM website w WHERE {none} LIMIT 1").fetchone()[0])


def plot(sizes: list[int], found: dict[str, list[float]], what: str) -> str:
    """An SVG by hand: one line per command, sizes in equal steps (they are powers of ten)."""
    width, height, left, top = 720, 360, 60, 30
    most = max(max(ratios) for ratios in found.values()) * 1.1
    step = (width - left - 190) / max(1, len(sizes) - 1)

    def place(at: int, ratio: float) -> str:
        return f"{left + at * step:.1f},{top + (height - 80) * (1 - ratio / most):.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{left}" y="18">{what} of a command, as a multiple of `python -c pass`, by integrations in the store</text>',
    ]
    for tick in range(int(most) + 1):
        x, y = left, float(place(0, tick).partition(",")[2])
        parts.append(f'<path d="M{x} {y}H{left + step * (len(sizes) - 1):.1f}" stroke="#ddd"/><text x="{x - 24}" y="{y + 4}">{tick}</text>')
    parts += [f'<text x="{left + at * step:.1f}" y="{height - 22}" text-anchor="middle">{size:,}</text>' for at, size in enumerate(sizes)]
    for at, (name, ratios) in enumerate(found.items()):
        ink = INKS[at % len(INKS)]
        points = " ".join(place(index, ratio) for index, ratio in enumerate(ratios))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{ink}" stroke-width="2"/>')
        parts.append(f'<text x="{width - 180}" y="{top + 14 + at * 18}" fill="{ink}">{name} ({ratios[-1]:.2f})</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


if __name__ == "__main__":
    main()
