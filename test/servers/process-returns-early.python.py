# client sees: MCP error -32000: Connection closed
# The file has no main block that runs the server.
def forecast(city: str) -> str:
    return f"sunny in {city}"


def main() -> None:
    raise NotImplementedError
