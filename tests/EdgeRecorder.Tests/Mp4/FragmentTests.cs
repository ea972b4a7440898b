using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Recording;

namespace EdgeRecorder.Tests.Mp4;

public sealed class FragmentTests
{
    [Fact]
    public async Task A_sample_is_found_wherever_its_chunks_end_and_never_outside_of_mdat()
    {
        using var feed = new Feed();
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.Aac));
        var made = feed.Fragments[0];
        using var writer = new PayloadWriter(new ChunkPool(7));            // an odd size, so that borders fall everywhere
        writer.Write(new byte[3]);                                         // the first payload begins inside of a chunk
        var before = writer.Take();
        writer.Write(Enumerable.Range(1, 40).Select(i => (byte)i).ToArray());
        var first = writer.Take();
        writer.Write(Enumerable.Range(41, 25).Select(i => (byte)i).ToArray());
        var fragment = new Fragment(new byte[10], [first, writer.Take()], 2)
        {
            Init = made.Init, MediaStart90k = 0, Duration90k = 1, IsSync = true, SyncDistance = 0, StartsRun = true, BoottimeUs = 0,
        };
        before.Release();
        var bytes = fragment.ToArray();
        for (var at = 10; at <= bytes.Length; at++)
            for (var size = 1; size <= bytes.Length + 1 - at; size++)
            {
                var isWithinOne = at + size <= 50 || at >= 50 && at + size <= bytes.Length;
                Assert.Equal(isWithinOne ? bytes[at..(at + size)] : null, fragment.Find(at, size)?.ToArray());
            }
        foreach (var (offset, size) in new (long, long)[] { (9, 1), (-1, 1), (long.MinValue, 1), (long.MaxValue, 1), (10, long.MaxValue), (10, -1), (long.MaxValue, long.MaxValue) })
            Assert.Null(fragment.Find(offset, size));
        fragment.Release();
    }
}
