using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.Platform.Tests.Linux;

public sealed class ProgramImageTests
{
    [Fact]
    public void Code_that_was_touched_leaves_memory_and_goes_on_running()
    {
        var before = Resident();
        Assert.InRange(ProgramImage.LetGo(), 1 << 20, long.MaxValue);
        Assert.InRange(Resident(), 0, before - (1 << 20));
        Assert.Equal("[1,2,3]", System.Text.Json.JsonSerializer.Serialize<int[]>([1, 2, 3]));      // code of several libraries
    }

    [Theory]
    [InlineData("7f0000000000-7f0000021000 r-xp 00001000 fe:00 42                         /usr/lib/libc.so.6", true)]
    [InlineData("7f0000000000-7f0000021000 r--s 00000000 fe:00 42                         /opt/edge-recorder/System.Linq.dll", true)]
    [InlineData("7f0000000000-7f0000021000 rw-s 00000000 fe:00 42                         /data/index.db-shm", false)]
    [InlineData("7f0000000000-7f0000021000 r--p 00001000 fe:00 42                         /usr/lib/libc.so.6", false)]      // relocated, then protected
    [InlineData("7f0000000000-7f0000021000 rw-p 00001000 fe:00 42                         /usr/lib/libc.so.6", false)]
    [InlineData("7f0000000000-7f0000021000 r-xs 00000000 00:01 7                          /memfd:doublemapper (deleted)", false)]
    [InlineData("7f0000000000-7f0000021000 r-xp 00000000 00:01 7                          /memfd:doublemapper (deleted)", false)]
    [InlineData("7f0000000000-7f0000021000 r-xp 00000000 00:00 0                          [vdso]", false)]
    [InlineData("7f0000000000-7f0000021000 r-xp 00000000 00:00 0 ", false)]                                                 // code made while it runs
    public void Only_what_nobody_writes_to_is_let_go(string line, bool expected)
    {
        Assert.Equal(expected, ProgramImage.IsOurs(line, out var start, out var length));
        Assert.Equal(expected ? (0x7f0000000000UL, 0x21000UL) : (0UL, 0UL), ((ulong)start, (ulong)length));
    }

    /// <summary>Bytes of such mappings that lie in memory, from smaps.</summary>
    private static long Resident()
    {
        long kilobytes = 0;
        var counts = false;
        foreach (var line in File.ReadLines("/proc/self/smaps"))
            if (line.StartsWith("Rss:", StringComparison.Ordinal))
                kilobytes += counts ? long.Parse(line[4..^2], System.Globalization.CultureInfo.InvariantCulture) : 0;
            else if (line.Contains('-') && line[0] is (>= '0' and <= '9') or (>= 'a' and <= 'f'))
                counts = ProgramImage.IsOurs(line, out _, out _);
        return kilobytes * 1024;
    }
}
