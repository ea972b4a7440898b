namespace EdgeRecorder.Tests.SystemTests;

/// <summary>A disk that is not mounted, and another one in its place: nothing starts and nothing is written.</summary>
[Collection(SecondDaemon.Name)]
public sealed class VolumeTests
{
    [Fact]
    public async Task A_disk_of_fstab_that_is_not_mounted_is_an_error_and_not_a_ring_below_its_mount_point()
    {
        if (!Scale.NeedsRoot("A disk of its own"))
            return;
        using var directory = new TemporaryDirectory();
        var point = Directory.CreateDirectory(directory.File("footage")).FullName;
        var fstab = directory.File("fstab");
        await File.WriteAllTextAsync(fstab, $"LABEL=footage {point} ext4 noatime,lazytime,noauto 0 2\n");
        // A table of its own, for this process alone.
        string[] withTable = ["unshare", "--mount", "sh", "-c", $"mount --bind {fstab} /etc/fstab && exec \"$@\"", "sh"];
        using var setup = new DaemonSetup(Path.Combine(point, "data")) { RingSize = "16MiB" };
        await using (var daemon = DaemonProcess.Launch(setup, withTable))
        {
            Assert.Equal(1, await daemon.ExitAsync());
            Assert.Contains(daemon.Log, line => line.Contains($"/etc/fstab mounts a file system at {point}, and none is mounted there", StringComparison.Ordinal));
        }
        Assert.Empty(Directory.EnumerateFileSystemEntries(point));

        string volume;
        using (await LoopDisk.MakeAsync(64, point))
        {
            await using (var daemon = DaemonProcess.Launch(setup, withTable))
            {
                await daemon.ReadyAsync();
                volume = (await daemon.GetAsync("/api/v1/storage")).GetProperty("ring").GetProperty("volume").GetString()!;
                Assert.Contains(daemon.Log, line => line.Contains($"Ring {volume}", StringComparison.Ordinal));
                Assert.Equal(0, await daemon.StopAsync());
            }
            setup.Write();
            Assert.Contains($"volume {volume}", (await DaemonProcess.RunAsync("check-config", setup.ConfigurationFile)).Said, StringComparison.Ordinal);

            setup.Volume = volume;
            await using (var daemon = await DaemonProcess.StartAsync(setup))
                Assert.Equal(0, await daemon.StopAsync());
        }

        await RefusedAsync("holds no ring");                // the disk is gone
        Assert.Empty(Directory.EnumerateFileSystemEntries(point));
        using (await LoopDisk.MakeAsync(64, point))
        {
            await RefusedAsync("holds no ring");            // a new one in its place
            setup.Volume = "any";
            await using (var daemon = await DaemonProcess.StartAsync(setup))
                Assert.Equal(0, await daemon.StopAsync());
            await RefusedAsync($"volume {volume} is wanted");   // another recorder's
        }

        async Task RefusedAsync(string why)
        {
            setup.Volume = volume;
            await using var daemon = DaemonProcess.Launch(setup);
            Assert.Equal(1, await daemon.ExitAsync());
            Assert.Contains(daemon.Log, line => line.Contains(why, StringComparison.Ordinal) && line.Contains(volume, StringComparison.Ordinal));
        }
    }
}
