using System.Buffers.Binary;
using EdgeRecorder.Tests.Media;
using Microsoft.Win32.SafeHandles;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>
/// A wall clock of the daemon's own, which a test sets: that of a box that starts without knowing the time, or near a midnight. clock.c stands in front of the daemon's libc;
/// boottime, the camera and the test keep their clocks.
/// </summary>
internal sealed class WallClock : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SafeFileHandle _setting;

    private WallClock() => _setting = File.OpenHandle(_directory.File("setting"), FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite);

    /// <summary>How far it is ahead of the machine's.</summary>
    public TimeSpan Offset { get; private set; }

    public DateTimeOffset Now => DateTimeOffset.UtcNow + Offset;

    /// <summary>What the daemon is to be started with.</summary>
    public IEnumerable<(string Name, string Value)> Environment => [("LD_PRELOAD", _directory.File("clock.so")), ("WALL_CLOCK", _directory.File("setting"))];

    /// <summary>A clock that nothing disciplines and that shows <paramref name="now"/>.</summary>
    public static async Task<WallClock> AtAsync(DateTimeOffset now)
    {
        var clock = new WallClock();
        clock.Set(now, isSynchronized: false);
        await Tool.RunAsync("gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", clock._directory.File("clock.so"), Repository.Path("tests/EdgeRecorder.Tests/System/clock.c"));
        return clock;
    }

    /// <summary>Sets it, as NTP does (<paramref name="isSynchronized"/>) or somebody by hand.</summary>
    public void Set(DateTimeOffset now, bool isSynchronized)
    {
        Offset = now - DateTimeOffset.UtcNow;
        Span<byte> setting = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(setting, (long)Offset.TotalMicroseconds);
        BinaryPrimitives.WriteInt32LittleEndian(setting[8..], isSynchronized ? 1 : 0);
        RandomAccess.Write(_setting, setting, 0);
    }

    public void Dispose()
    {
        _setting.Dispose();
        _directory.Dispose();
    }
}
