using EdgeRecorder.Audio;

namespace EdgeRecorder.Tests.Audio;

public sealed class G711Tests
{
    [Fact]
    public void Every_code_is_what_its_own_value_is_encoded_to()
    {
        foreach (var code in Enumerable.Range(0, 256))
            Assert.Equal((byte)code, Encode(ALaw.Decode((byte)code)));
    }

    [Fact]
    public void Every_sample_is_off_by_half_a_step_at_most()
    {
        for (int sample = short.MinValue; sample <= short.MaxValue; sample++)
        {
            var code = Encode((short)sample);
            var step = 16 << Math.Max(0, ((code ^ 0x55) >> 4 & 7) - 1);
            Assert.InRange(Math.Abs(ALaw.Decode(code) - sample), 0, step / 2);
        }
    }

    [Theory]
    [InlineData(0, 0xD5)]
    [InlineData(-1, 0x55)]
    [InlineData(32767, 0xAA)]
    [InlineData(-32768, 0x2A)]
    public void The_ends_of_both_ranges_are_those_of_the_recommendation(int sample, int code) => Assert.Equal((byte)code, Encode((short)sample));

    private static byte Encode(short sample)
    {
        Span<byte> target = stackalloc byte[1];
        G711.EncodeALaw([sample], target);
        return target[0];
    }
}
