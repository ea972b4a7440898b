using EdgeRecorder.Media;

namespace EdgeRecorder.Tests.Recording;

/// <summary>Alone, because other tests take from the same pools and keep what they took.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public sealed class AllocationCollection;

[Collection(nameof(AllocationTests))]
public sealed class AllocationTests
{
    private const int Frame = 3600;
    private static readonly Track Video = new() { Codec = Codec.H264, TimeScale = 90_000, ParameterSets = [[0x67, 66, 0, 30, 0xAB], [0x68, 0xCE]] };
    private static readonly Track Audio = new() { Codec = Codec.G711A, TimeScale = 8000, ChannelCount = 1 };

    [Fact]
    public void A_second_of_a_channel_allocates_less_than_400_bytes()
    {
        const int Seconds = 1000;                           // long enough that one more chunk at a peak does not show
        var pool = new ChunkPool(64 * 1024);
        using var video = new PayloadWriter(pool);
        using var audio = new PayloadWriter(pool);
        var fragmenter = new EdgeRecorder.Recording.Fragmenter(4 << 20);
        fragmenter.Announce([Video, Audio]);
        var bytes = new byte[1_000];
        var before = 0L;
        for (var i = 0; i < (Seconds + 100) * 25; i++)
        {
            if (i == 100 * 25)
                before = GC.GetAllocatedBytesForCurrentThread();
            video.Write(bytes);
            fragmenter.Add(new AccessUnit { Track = Video, Pts = i * Frame, IsSync = i % 50 == 0, Payload = video.Take(), ArrivalUs = i * 40_000L })?.Release();
            for (var k = 0; k < 2; k++)
            {
                audio.Write(bytes.AsSpan(0, 160));
                fragmenter.Add(new AccessUnit { Track = Audio, Pts = i * 320 + k * 160, IsSync = true, Payload = audio.Take(), ArrivalUs = i * 40_000L })?.Release();
            }
        }
        var perSecond = (GC.GetAllocatedBytesForCurrentThread() - before) / Seconds;
        Assert.True(perSecond < 400, $"{perSecond} bytes a second");
    }
}
