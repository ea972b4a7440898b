using System.Text;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Tests.Bytes;

public sealed class GbkTests
{
    private static readonly Encoding Framework = CodePagesEncodingProvider.Instance.GetEncoding(936)!;

    [Fact]
    public void Every_code_is_what_the_framework_says_it_is()
    {
        for (var lead = 0x81; lead <= 0xFE; lead++)
            for (var trail = 0x40; trail <= 0xFE; trail++)
                if (trail != 0x7F)
                    Assert.Equal(Framework.GetString([(byte)lead, (byte)trail]).Trim(), Gbk.Decode([(byte)lead, (byte)trail]));
    }

    [Fact]
    public void What_is_decoded_is_encoded_again()
    {
        var target = new byte[4];
        for (var lead = 0x81; lead <= 0xFE; lead += 5)
            for (var trail = 0x40; trail <= 0xFE; trail += 3)
                if (trail != 0x7F && Gbk.Decode([(byte)lead, (byte)trail]) is { Length: 1 } text)
                {
                    Assert.Equal(2, Gbk.Encode(text, target));
                    Assert.Equal(text, Framework.GetString(target, 0, 2));
                }
    }

    [Theory]
    [InlineData("B2E2413132", "测A12")]
    [InlineData("00000041000000", "A")]
    [InlineData("2020410A0D4220", "AB")]
    [InlineData("1B5B324A41", "[2JA")]                       // an escape sequence for the reader's screen
    [InlineData("41B2", "A\uFFFD")]                          // cut in the middle of a character
    [InlineData("FF41", "\uFFFDA")]
    [InlineData("B20A41", "\uFFFDA")]
    [InlineData("80", "€")]
    [InlineData("", "")]
    public void Text_is_decoded_without_what_does_harm(string hex, string text) => Assert.Equal(text, Gbk.Decode(Convert.FromHexString(hex)));

    [Fact]
    public void Any_bytes_give_text_without_control_characters()
    {
        var random = new Random(936);
        var bytes = new byte[64];
        for (var round = 0; round < 20_000; round++)
        {
            random.NextBytes(bytes);
            Assert.DoesNotContain(Gbk.Decode(bytes), char.IsControl);
        }
    }

    [Fact]
    public void Text_without_room_or_code_is_refused()
    {
        Assert.Equal(-1, Gbk.Encode("测测", new byte[3]));
        Assert.Equal(-1, Gbk.Encode("\uFFFD", new byte[3]));
        Assert.Equal(-1, Gbk.Encode("\U0001F697", new byte[8]));
    }
}
