using EdgeRecorder.Tests.Media;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>An ext4 of its own in a file, mounted as docs/operations.md has it; unmounted and gone with this object. Needs root.</summary>
internal sealed class LoopDisk : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private bool _mounted;

    public string Path => _directory.File("disk");

    /// <summary>The block device, e.g. <c>loop0</c>.</summary>
    public string Device { get; private set; } = "";

    public long FreeBytes => new DriveInfo(Path).AvailableFreeSpace;

    /// <param name="at">Where to mount it; null: a folder of its own.</param>
    public static async Task<LoopDisk> MakeAsync(int mebibytes, string? at = null)
    {
        var disk = new LoopDisk();
        try
        {
            var image = disk._directory.File("image");
            await using (var file = File.Create(image))
                file.SetLength((long)mebibytes << 20);
            // No blocks kept for root: full is to mean full.
            await Tool.RunAsync("mkfs.ext4", "-q", "-F", "-m", "0", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0", image);
            disk._device = (await Tool.TextAsync("losetup", "--find", "--show", image)).Trim();
            disk.Device = System.IO.Path.GetFileName(disk._device);
            disk._mountPoint = at ?? disk.Path;
            Directory.CreateDirectory(disk._mountPoint);
            await Tool.RunAsync("mount", "-o", "noatime,lazytime,commit=300", disk._device, disk._mountPoint);
            disk._mounted = true;
            return disk;
        }
        catch
        {
            disk.Dispose();
            throw;
        }
    }

    private string _device = "", _mountPoint = "";

    /// <summary>Another program eats every byte that is left.</summary>
    public async Task FillAsync(string file = "hog")
    {
        foreach (var block in (string[])["64k", "4k"])      // quickly, then to the last block
        {
            var (_, _, errors) = await Tool.TryAsync("dd", "if=/dev/zero", $"of={System.IO.Path.Combine(_mountPoint, file)}", $"bs={block}", "oflag=append", "conv=notrunc,fsync");
            Assert.Contains("No space left", errors, StringComparison.Ordinal);
        }
    }

    public void Dispose()
    {
        if (_mounted)
            Tool.TryAsync("umount", "--lazy", _mountPoint).GetAwaiter().GetResult();
        if (_device.Length > 0)
            Tool.TryAsync("losetup", "-d", _device).GetAwaiter().GetResult();
        _directory.Dispose();
    }
}
