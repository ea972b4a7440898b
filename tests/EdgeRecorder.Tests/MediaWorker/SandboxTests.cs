using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Platform.V4l2;

namespace EdgeRecorder.Tests.MediaWorker;

public sealed class SandboxTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Inside_there_are_no_sockets_no_processes_and_no_files_without_end()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var child = Process.Start(new ProcessStartInfo("dotnet", [typeof(SandboxTests).Assembly.Location, "sandboxed", $"{port}", _directory.Path]) { RedirectStandardOutput = true })!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var output = await child.StandardOutput.ReadToEndAsync(deadline.Token);
        await child.WaitForExitAsync(deadline.Token);
        // ArgumentOutOfRangeException is what .NET makes of EFBIG.
        Assert.Equal(
            [
                "old thread: SocketException", "new thread: SocketException", "unix: SocketException", "connect: SocketException", "listen: SocketException",
                "process: Win32Exception", "long file: ArgumentOutOfRangeException", "memory: OutOfMemoryException", "short file: done",
            ], output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(0, child.ExitCode);
        Assert.False(listener.Pending());
    }

    [Theory]
    [InlineData("none")]
    [InlineData("encoder")]
    public async Task Of_video_devices_nothing_can_be_asked_but_what_an_encoder_is_asked_where_there_is_one(string device)
    {
        const int Refused = VideoAbi.EPERM, Reached = VideoAbi.ENOTTY;
        using var child = Process.Start(new ProcessStartInfo("dotnet", [typeof(SandboxTests).Assembly.Location, "sandboxed-ioctls", device]) { RedirectStandardOutput = true })!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var output = await child.StandardOutput.ReadToEndAsync(deadline.Token);
        await child.WaitForExitAsync(deadline.Token);
        var calls = device == "encoder" ? VideoEncoder.Calls : [];
        Assert.Equal(SandboxChild.Ioctls.Select(ioctl => $"{ioctl.Name} {(calls.Contains(ioctl.Number) || ioctl.Name == "TCGETS" ? Reached : Refused)}"), output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(0, child.ExitCode);
    }

    [Fact]
    public async Task The_worker_is_inside_before_it_reads_a_byte()
    {
        using var worker = WorkerProcess.Start();
        try
        {
            // Reading standard input is the first thing it does behind the sandbox: every thread is inside by then.
            string[] threads = [];
            var deadline = DateTime.UtcNow + TimeSpan.FromSeconds(60);
            while (!threads.Any(IsInside))
            {
                Assert.True(DateTime.UtcNow < deadline && !worker.HasExited);
                await Task.Yield();
                threads = Status(worker.Id);
            }
            threads = Status(worker.Id);
            Assert.NotEmpty(threads);
            Assert.All(threads, thread => Assert.True(IsInside(thread)));
            Assert.All(threads, thread => Assert.Contains("NoNewPrivs:\t1\n", thread, StringComparison.Ordinal));
            var limits = await File.ReadAllTextAsync($"/proc/{worker.Id}/limits");
            Assert.Matches(@"Max data size\s+1073741824\s+1073741824", limits);
            Assert.Matches(@"Max core file size\s+0\s+0", limits);
            // Field 19 of stat, behind the name in parentheses: nice.
            var stat = (await File.ReadAllTextAsync($"/proc/{worker.Id}/stat")).Split(") ")[^1].Split(' ');
            Assert.Equal("19", stat[16]);
            worker.StandardInput.Close();
            using var end = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            await worker.WaitForExitAsync(end.Token);
            Assert.Equal(0, worker.ExitCode);
        }
        finally
        {
            if (!worker.HasExited)
                worker.Kill();
        }
    }

    private static bool IsInside(string status) => status.Contains("Seccomp:\t2\n", StringComparison.Ordinal);

    /// <summary>The status of each thread that is still there.</summary>
    private static string[] Status(int process)
        => [.. Directory.EnumerateDirectories($"/proc/{process}/task").Select(task =>
        {
            try
            {
                return File.ReadAllText(Path.Combine(task, "status"));
            }
            catch (IOException)
            {
                return "";                                  // it has ended meanwhile
            }
        }).Where(text => text.Length > 0)];
}
