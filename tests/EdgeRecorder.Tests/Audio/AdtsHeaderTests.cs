using EdgeRecorder.Audio;
using EdgeRecorder.Bytes;
using EdgeRecorder.Tests.Bytes;

namespace EdgeRecorder.Tests.Audio;

public sealed class AdtsHeaderTests
{
    private static readonly byte[] Frame = Convert.FromHexString("FFF16C40017FFC21100540");    // LC, 8 kHz, mono, 11 bytes

    [Fact]
    public void It_says_what_the_configuration_says()
    {
        var header = AdtsHeader.Parse(Frame);
        Assert.Equal((7, 11), (header.HeaderLength, header.FrameLength));
        Assert.Equal(Convert.ToHexString(AacConfig.LowComplexity(8000, 1)), header.Config.ToString("X4", System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void A_checksum_makes_it_longer()
    {
        byte[] frame = [0xFF, 0xF0, 0x6C, 0x40, 0x01, 0xBF, 0xFC, 0xAA, 0xBB, 0x21, 0x10, 0x05, 0x40];
        Assert.Equal((9, 13), (AdtsHeader.Parse(frame).HeaderLength, AdtsHeader.Parse(frame).FrameLength));
    }

    [Fact]
    public void Every_prefix_is_refused()
    {
        for (var length = 0; length < Frame.Length; length++)
            Assert.Throws<ProtocolException>(() => AdtsHeader.Parse(Frame.AsSpan(0, length)));
    }

    [Fact]
    public void Damaged_bytes_raise_ProtocolException_and_nothing_else()
    {
        var refused = 0;
        foreach (var damaged in Damage.Of(Frame))
            try
            {
                Assert.InRange(AdtsHeader.Parse(damaged).FrameLength, 8, damaged.Length);
            }
            catch (ProtocolException)
            {
                refused++;
            }
        Assert.InRange(refused, 1000, Damage.Rounds - 1000);
    }
}
