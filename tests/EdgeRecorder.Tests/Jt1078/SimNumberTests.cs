using EdgeRecorder.Jt1078;

namespace EdgeRecorder.Tests.Jt1078;

public sealed class SimNumberTests
{
    [Theory]
    [InlineData("013912345678", "13912345678")]
    [InlineData("00000000013912345678", "13912345678")]
    [InlineData("13912345678", "13912345678")]
    [InlineData("12345678901234567890", "12345678901234567890")]
    [InlineData("000000000000", "0")]
    [InlineData("0", "0")]
    public void However_it_is_padded_it_is_one_number(string text, string expected)
    {
        Assert.True(SimNumber.TryParse(text, out var parsed));
        Assert.Equal(expected, parsed.ToString());
        foreach (var width in (int[])[12, 20])
            if (text.Length <= width)
                Assert.Equal(parsed, SimNumber.FromBcd(Convert.FromHexString(text.PadLeft(width, '0'))));
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("123456789012345678901")]
    [InlineData("12 34")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("0x12")]
    [InlineData("phone")]
    public void What_is_no_number_is_refused(string? text) => Assert.False(SimNumber.TryParse(text, out _));

    [Fact]
    public void A_number_of_twenty_digits_ends_like_the_twelve_its_media_has_room_for()
    {
        var full = SimNumber.Parse("12345678901234567890");
        var cut = SimNumber.Parse("901234567890");
        var other = SimNumber.Parse("901234567891");
        Assert.True(full.EndsLike(cut));
        Assert.NotEqual(full, cut);
        Assert.False(full.EndsLike(other));
    }

    [Fact]
    public void A_nibble_above_nine_is_no_digit_wherever_it_stands()
    {
        foreach (var width in (int[])[6, 10])
            for (var nibble = 0; nibble < width * 2; nibble++)
                for (var value = 0; value < 16; value++)
                {
                    var digits = Enumerable.Repeat('9', width * 2).ToArray();
                    digits[nibble] = value.ToString("X", null)[0];
                    Assert.Equal(value <= 9, SimNumber.TryReadDigits(Convert.FromHexString(digits), out _));
                }
    }

    [Fact]
    public void Letters_of_a_808_header_stay_what_they_are()
    {
        Assert.Equal("ABCDEF012345", SimNumber.FromBcd(Convert.FromHexString("ABCDEF012345")).ToString());
        Assert.True(SimNumber.TryParse("abcdef012345", out var typed));
        Assert.Equal("ABCDEF012345", typed.ToString());
    }
}
