using System.Globalization;
using System.Net;
using EdgeRecorder.Tests.Hosting;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>The daemon as systemd sees it, from READY=1 to STOPPING=1, on a disk that stops answering in between.</summary>
[Collection(ThirdDaemon.Name)]
public sealed class ServiceTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task The_watchdog_goes_hungry_while_the_disk_does_not_answer_and_is_fed_again_when_it_does()
    {
        if (!Scale.NeedsRoot("A disk that is frozen"))
            return;
        using var systemd = new NotifySocket();
        using var disk = await LoopDisk.MakeAsync(128);
        using var setup = new DaemonSetup(Path.Combine(disk.Path, "data")) { RingSize = "32MiB" };
        await using var camera = await CameraProcess.StartAsync("small.h264");
        setup.With("gate", camera.Url(), ("transport", "tcp"));
        setup.Environment.AddRange([("NOTIFY_SOCKET", systemd.Name), ("WATCHDOG_USEC", "3000000")]);

        await using var daemon = DaemonProcess.Launch(setup);
        await systemd.NextAsync(said => said == "READY=1", Deadline);
        using (var healthy = await daemon.Http.GetAsync("/healthz"))
            Assert.Equal(HttpStatusCode.OK, healthy.StatusCode);
        await systemd.NextAsync(said => said == "STATUS=1 of 1 channels record", Deadline);
        await systemd.NextAsync(said => said == "WATCHDOG=1", Deadline);

        await Tool.RunAsync("fsfreeze", "--freeze", disk.Path);
        try
        {
            await systemd.NextAsync(said => said.Contains("; ring ", StringComparison.Ordinal) && Standing(said) >= 3, Deadline);
            // What comes now and is no line of status would be food.
            Assert.StartsWith("STATUS=", await systemd.NextAsync(_ => true, Deadline), StringComparison.Ordinal);
            Assert.StartsWith("STATUS=", await systemd.NextAsync(_ => true, Deadline), StringComparison.Ordinal);
            await daemon.WaitAsync(() => Task.FromResult(daemon.Log), log => log.Any(line => line.Contains(" ERR ", StringComparison.Ordinal) && line.Contains("systemd ends this process", StringComparison.Ordinal)), "a line about what stands");
        }
        finally
        {
            await Tool.RunAsync("fsfreeze", "--unfreeze", disk.Path);
        }
        await systemd.NextAsync(said => said == "WATCHDOG=1", Deadline);
        await systemd.NextAsync(said => said == "STATUS=1 of 1 channels record", Deadline);
        Assert.Equal(0, await daemon.StopAsync());
        await systemd.NextAsync(said => said == "STOPPING=1", Deadline);
    }

    /// <summary>Seconds that the longest of all has stood, by the line of status.</summary>
    private static int Standing(string said)
        => said.Split(" has stood for ")[1..].Select(rest => int.Parse(rest.Split(' ')[0], CultureInfo.InvariantCulture)).DefaultIfEmpty(0).Max();
}
