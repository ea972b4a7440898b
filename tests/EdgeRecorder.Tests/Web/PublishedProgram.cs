using System.Diagnostics;
using System.Runtime.InteropServices;

namespace EdgeRecorder.Tests.Web;

/// <summary>The trimmed program, published once for all tests that start it. EDGE_RECORDER_PUBLISHED names one that is published already.</summary>
internal static class PublishedProgram
{
    private static readonly Lazy<Task<string>> _program = new(PublishAsync);

    public static Task<string> PathAsync() => _program.Value;

    private static async Task<string> PublishAsync()
    {
        if (Environment.GetEnvironmentVariable("EDGE_RECORDER_PUBLISHED") is { } program)
            return program;
        var rid = RuntimeInformation.RuntimeIdentifier;
        var output = Repository.Path($"artifacts/publish/{rid}");
        using var publish = Process.Start(new ProcessStartInfo(Repository.Path("tests/publish"), [rid, output]))!;
        await publish.WaitForExitAsync();
        Assert.Equal(0, publish.ExitCode);
        return Path.Combine(output, "edge-recorder");
    }
}
