using EdgeRecorder.Storage;
using EdgeRecorder.Tests.Media;

namespace EdgeRecorder.Tests.Storage;

/// <summary>Another program takes every free byte of the volume. Needs root: an ext4 image of its own is mounted.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly RingBench _bench = new(segments: 24);

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task A_volume_without_a_free_byte_changes_nothing_for_the_ring()
    {
        if (Environment.UserName != "root")
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", "this test needs root to mount an image");
            return;
        }
        var (image, mount) = (Path.Combine(_bench.Folder, "image"), Directory.CreateDirectory(Path.Combine(_bench.Folder, "mount")).FullName);
        using (var file = File.Create(image))
            file.SetLength(64 << 20);
        await Tool.RunAsync("mkfs.ext4", "-q", image);
        await Tool.RunAsync("mount", "-o", "loop,noatime,lazytime", image, mount);
        try
        {
            _bench.Options = _bench.Options with { Folder = Path.Combine(mount, "ring") };
            _bench.Open();
            Assert.Throws<IOException>(() => Fill(Path.Combine(mount, "greedy")));
            Assert.True(new DriveInfo(mount).AvailableFreeSpace < 64 * 1024);
            var stream = new StreamKey(1, 0);
            _bench.Record(stream, 3000);
            var numbers = _bench.NumbersOf(stream);
            Assert.Equal(3000, numbers[^1]);
            Assert.Equal(Enumerable.Range(numbers[0], numbers.Count), numbers);
            Assert.Empty(_bench.Observer.Faults);
            Assert.Empty(_bench.Observer.Drops);
            _bench.Ring.Dispose();
            _bench.Open();                                  // also a start
            Assert.Equal(numbers[^1], _bench.NumbersOf(stream)[^1]);
            _bench.Ring.Dispose();
        }
        finally
        {
            _bench.Ring?.Dispose();
            await Tool.RunAsync("umount", mount);
        }
    }

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 0);
        var megabyte = new byte[1 << 20];
        for (var chunk = megabyte.Length; ;)
        {
            try
            {
                file.Write(megabyte, 0, chunk);
                file.Flush(flushToDisk: true);
            }
            catch (IOException) when (chunk > 4096)
            {
                chunk /= 2;
            }
        }
    }
}
