"""A container file that installs one lock and nothing else."""

from crmcore.sets.lockfile import Lock

WHEELS = "wheels"
REQUIREMENTS = "requirements.txt"
TEMPLATE = """\
# Made by crmcore plugins container from {file}; build it beside that file:
#   podman build -t crm -f Containerfile .
FROM {base} AS build
WORKDIR /build
COPY {requirements} ./
{copied}RUN python3 -m venv /crm \\
 && /crm/bin/pip install --no-cache-dir --no-deps --require-hashes{options} -r {requirements}

FROM {base}
RUN useradd --system --uid 10001 --home-dir /data crm && install -d -m 700 -o crm -g crm /data
COPY --from=build /crm /crm
COPY {file} /crm/{file}
# Whoever altered a file on the way is found here.
RUN CRMCORE_DATA=/tmp/none /crm/bin/crmcore plugins verify /crm/{file}
# By number: whoever runs it can tell that this is not root.
USER 10001
ENV CRMCORE_DATA=/data HOST=0.0.0.0 PORT=8000 PATH=/crm/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s CMD ["python", "-c", \\
  "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/health/ready')"]
CMD ["crmcore", "serve"]
"""


def containerfile(lock: Lock, file: str, *, base: str = "", wheels: bool = False, index: bool = True) -> str:
    """Return the container file for ``lock``, whose name is ``file``.

    ``base`` is the image it is built on, with the lock's Python and its venv: Debian's own slim one unless named.
    ``wheels``: some archives lie in :data:`WHEELS` beside it; without ``index`` all do, and none is asked.
    """
    options = (f" --find-links {WHEELS}" if wheels else "") + ("" if index else " --no-index")
    return TEMPLATE.format(
        file=file,
        requirements=REQUIREMENTS,
        base=base or base_of(lock),
        copied=f"COPY {WHEELS} ./{WHEELS}\n" if wheels else "",
        options=options,
    )


def base_of(lock: Lock) -> str:
    """Return the image that fits the lock's Python."""
    return f"docker.io/library/python:{lock.tool.crmcore.python}-slim"
