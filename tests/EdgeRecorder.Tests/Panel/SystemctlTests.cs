using EdgeRecorder.Panel;

namespace EdgeRecorder.Tests.Panel;

public sealed class SystemctlTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_system_is_asked_by_its_own_command()
    {
        var system = new Systemctl(Script($"echo \"$@\" >> {_directory.File("asked")}"));
        Assert.Null(await system.PowerOffAsync());
        Assert.Null(await system.RestoreNetworkAsync());
        Assert.Equal(["--no-ask-password poweroff", "--no-ask-password start edge-recorder-restore-network.service"], await File.ReadAllLinesAsync(_directory.File("asked")));
    }

    [Fact]
    public async Task A_refusal_says_what_and_why()
    {
        Assert.Equal("systemctl poweroff: Access denied", await new Systemctl(Script("echo Access denied >&2; exit 1")).PowerOffAsync());
        Assert.Equal("systemctl poweroff: exit code 4", await new Systemctl(Script("exit 4")).PowerOffAsync());
        Assert.Contains("No such file", await new Systemctl(_directory.File("nothing")).PowerOffAsync(), StringComparison.Ordinal);
    }

    private string Script(string body)
    {
        var path = _directory.File("systemctl");
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        return path;
    }
}
