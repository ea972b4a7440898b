using EdgeRecorder.Configuration;

namespace EdgeRecorder.Tests.Configuration;

public sealed class CameraAddressTests
{
    [Fact]
    public void Everything_that_can_be_said_is_read()
        => Assert.Equal(new CameraAddress("/dev/v4l/by-path/platform-fe801000.csi-video-index0", 1280, 720, 25, 4_000_000, 50, CameraCodec.H265, 1),
            CameraAddress.Read("v4l2:///dev/v4l/by-path/platform-fe801000.csi-video-index0?width=1280&height=720&fps=25&bitrate=4M&gop=50&codec=h265&input=1", out _));

    [Fact]
    public void What_is_left_out_is_left_to_camera_and_recorder()
        => Assert.Equal(new CameraAddress("/dev/v4l/by-path/pci-0000:00:14.0-usb-0:1:1.0-video-index0"), CameraAddress.Read("V4L2:///dev/v4l/by-path/pci-0000%3A00:14.0-usb-0:1:1.0-video-index0", out _));

    [Theory]
    [InlineData("800k", 800_000)]
    [InlineData("1.5M", 1_500_000)]
    [InlineData("4000000", 4_000_000)]
    public void A_bit_rate_may_have_a_unit(string text, int bits) => Assert.Equal(bits, CameraAddress.Read($"v4l2:///dev/video0?bitrate={text}", out _)!.BitsPerSecond);

    [Theory]
    [InlineData("v4l2:/dev/video0", "names no device of this box; write v4l2:///dev/video0")]
    [InlineData("v4l2://camera/dev/video0", "names no device of this box; write v4l2:///dev/video0")]
    [InlineData("v4l2:///etc/passwd", "names no device below /dev")]
    [InlineData("v4l2:///dev/../etc/passwd", "names no device below /dev")]
    [InlineData("v4l2:///dev/%2e%2e/etc/passwd", "names no device below /dev")]
    [InlineData("v4l2:///dev/", "names no device below /dev")]
    [InlineData("v4l2:///dev/video0?widht=5", "has no setting \"widht\"; there are width, height, fps, bitrate, gop, codec, input")]
    [InlineData("v4l2:///dev/video0?width=1280", "needs width and height, or none of them")]
    [InlineData("v4l2:///dev/video0?width=1280&height=x", "has a height that is not 16 to 8192")]
    [InlineData("v4l2:///dev/video0?fps=0", "has an fps that is not 1 to 240")]
    [InlineData("v4l2:///dev/video0?gop=601", "has a gop that is not 1 to 600 pictures")]
    [InlineData("v4l2:///dev/video0?bitrate=4Mb", "has a bitrate that is not 32k to 200M (bit/s: 800k, 4M, 4000000)")]
    [InlineData("v4l2:///dev/video0?codec=vp8", "has a codec that is not h264 or h265")]
    [InlineData("v4l2:///dev/video0?input=-1", "has an input that is not 0 to 63")]
    [InlineData("v4l2:///dev/video0?fps=5&fps=6", "says fps twice")]
    public void What_is_wrong_is_named(string address, string why)
    {
        Assert.Null(CameraAddress.Read(address, out var said));
        Assert.Equal(why, said);
        Assert.Equal(why, ConfigurationRules.WrongAddress(address));
    }

    [Fact]
    public void Other_addresses_are_none() => Assert.Null(CameraAddress.Read("rtsp://camera/dev/video0", out _));
}
