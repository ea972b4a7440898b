using EdgeRecorder.Media;

namespace EdgeRecorder.Tests.Media;

public sealed class ChunkPoolTests
{
    [Fact]
    public void Idle_chunks_give_their_pages_back_and_those_in_use_keep_what_they_carry()
    {
        var pool = new ChunkPool(64 * 1024);
        var (idle, used) = (pool.Rent(), pool.Rent());
        idle.Bytes.AsSpan().Fill(7);
        used.Bytes.AsSpan().Fill(9);
        idle.Release();
        pool.LetGoOfIdle();
        Assert.Equal(-1, used.Bytes.AsSpan().IndexOfAnyExcept((byte)9));
        Assert.InRange(idle.Bytes.Count(b => b == 0), 64 * 1024 - 2 * Environment.SystemPageSize, 64 * 1024);
        var again = pool.Rent();
        Assert.Same(idle, again);
        again.Bytes.AsSpan().Fill(5);
        Assert.Equal(-1, again.Bytes.AsSpan().IndexOfAnyExcept((byte)5));
        again.Release();
        used.Release();
    }
}
