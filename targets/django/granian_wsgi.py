"""The process model of granian: a master, and a worker that does HTTP/1.1 and HTTP/2 in Rust and
calls Django in eight threads. It is the only Python server here that speaks HTTP/2 (h2c) as it is.
"""

from core.prepare import prepare
from core.worker_granian import Server, load, reserve


def main():
    reserved = reserve()
    prepare()
    Server(reserved.getsockname()[1]).serve(target_loader=load, wrap_loader=False)


if __name__ == "__main__":
    main()
