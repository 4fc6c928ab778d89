"""A container file that installs one lock and nothing else."""

from crmcore.sets.lockfile import Lock, LockRefused

TEMPLATE = """\
# Made by crmcore plugins container from {file}; build it beside that file:
#   podman build -t crm -f Containerfile .
FROM docker.io/library/python:{python}-slim AS build
WORKDIR /build
COPY {requirements} ./
RUN python -m venv /crm \\
 && /crm/bin/pip install --no-cache-dir --no-deps --require-hashes -r {requirements}

FROM docker.io/library/python:{python}-slim
RUN useradd --system --uid 10001 --home-dir /data crm && install -d -o crm -g crm /data
COPY --from=build /crm /crm
COPY {file} /crm/{file}
# Whoever altered a file on the way is found here.
RUN /crm/bin/crmcore plugins verify /crm/{file}
USER crm
ENV CRMCORE_DATA=/data PATH=/crm/bin:$PATH
VOLUME /data
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/ready')"]
CMD ["crmcore", "serve", "--host", "0.0.0.0", "--port", "8000"]
"""


def containerfile(lock: Lock, file: str, requirements: str) -> str:
    """Return the container file for ``lock``; ``requirements`` is the file of pip's requirements beside it.

    Raises :class:`LockRefused` for a set with packages of a folder: a container is built elsewhere.
    """
    local = [one.name for one in lock.packages if one.directory is not None]
    if local:
        raise LockRefused(
            f"{', '.join(local)} came from a folder of this machine. Build wheels (pip wheel), put them "
            "into an index, install them from there, and lock again."
        )
    return TEMPLATE.format(file=file, requirements=requirements, python=lock.tool.crmcore.python)
