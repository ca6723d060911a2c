"""A figure: a chart with its title and caption, which can be saved, shown in a notebook and read as a table."""

from __future__ import annotations

import base64
import hashlib
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.errors import UsageError
from evalkit.report.palette import LIGHT

if TYPE_CHECKING:
    import pandas as pd

WIDTH, HEIGHT, COLUMNS = 300, 220, 3
FORMATS = (".png", ".svg", ".html")


@dataclass(frozen=True)
class Figure:
    """A chart and what it shows in words."""

    chart: Any
    """The altair chart, without title and caption."""
    title: str
    caption: str

    def save(self, path: str | Path) -> None:
        """Write it as PNG, SVG or a page that loads nothing and runs nothing, by the path's ending.

        Raises:
            UsageError: another ending, or the path cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() not in FORMATS:
            raise UsageError(f"{path}: a figure ends in {', '.join(FORMATS)}")
        import vl_convert

        try:
            if path.suffix.lower() == ".png":
                path.write_bytes(vl_convert.vegalite_to_png(self._spec(), scale=2))
                return
            svg = self.svg()
            path.write_text(svg if path.suffix.lower() == ".svg" else self._page(svg), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{path} cannot be written ({error.strerror})") from error

    def svg(self) -> str:
        """Return it as SVG, title and caption included."""
        import vl_convert

        svg: str = vl_convert.vegalite_to_svg(self._spec())
        return svg

    def to_dataframe(self) -> pd.DataFrame:
        """Return the numbers drawn: one row a mark, of all layers and panels."""
        import pandas as pd

        datasets = self.chart.to_dict().get("datasets", {})
        return pd.DataFrame([row for rows in datasets.values() for row in rows])

    def __str__(self) -> str:
        return f"{self.title}\n{self.caption}"

    def __getattr__(self, name: str) -> Any:
        """Whatever else an altair chart has: `.properties(…)`, `.interactive()`, `.to_json()`."""
        if name.startswith("_") or name == "chart":
            raise AttributeError(name)
        return getattr(self.chart, name)

    def _repr_html_(self) -> str:
        return _image(self, self.svg())

    def _spec(self) -> dict[str, Any]:
        import altair as alt

        lines = textwrap.wrap(self.caption, 110)
        title = alt.TitleParams(self.title, subtitle=lines, anchor="start", fontSize=16, subtitleFontSize=11, offset=16)
        spec: dict[str, Any] = (
            self.chart.properties(title=title, padding=14)
            .configure(background=LIGHT.paper, font="sans-serif")
            .configure_view(stroke=None)
            .configure_axis(
                grid=True, gridColor=LIGHT.line, domainColor=LIGHT.soft, tickColor=LIGHT.soft, titleFontWeight="normal"
            )
            .configure_title(subtitleColor=LIGHT.soft)
            .configure_legend(labelLimit=260, orient="bottom", columns=4, symbolStrokeWidth=3)
            .to_dict()
        )
        return spec

    def _page(self, svg: str) -> str:
        """A page with the picture as an image: nothing in it can run."""
        style = (
            "body{font:16px system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}img{max-width:100%}"
        )
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'"
        return (
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{escape(self.title)}</title><style>{style}</style></head>\n"
            f"<body>{_image(self, svg)}</body></html>\n"
        )


def diagonal() -> Any:
    """Return the dashed line on which both axes are equal."""
    return _line([0.0, 1.0], [5, 4], 1.2)


def never_answering() -> Any:
    """Return the dotted line of never answering: S = 0, which is N = t."""
    return _line([0.0, 1.0], [2, 4], 1.4)


def grid(panels: Sequence[Any], columns: int = COLUMNS) -> Any:
    """Put panels side by side, with one legend for all."""
    import altair as alt

    return alt.concat(*panels, columns=min(columns, len(panels))).resolve_scale(color="shared", size="shared")


def _line(ends: Sequence[float], dash: Sequence[int], width: float) -> Any:
    import altair as alt
    import pandas as pd

    data = pd.DataFrame({"x": ends, "y": ends})
    mark = alt.Chart(data).mark_line(color=LIGHT.soft, strokeDash=list(dash), strokeWidth=width)
    return mark.encode(x="x:Q", y="y:Q")


def _image(figure: Figure, svg: str) -> str:
    data = base64.b64encode(svg.encode()).decode()
    return f'<img alt="{escape(figure.title)}. {escape(figure.caption)}" src="data:image/svg+xml;base64,{data}">'
