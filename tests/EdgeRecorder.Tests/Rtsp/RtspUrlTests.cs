using EdgeRecorder.Rtsp;

namespace EdgeRecorder.Tests.Rtsp;

public sealed class RtspUrlTests
{
    [Theory]
    [InlineData("rtsp://h", "rtsp://h", "h", 554, null, null)]
    [InlineData("RTSP://cam.local:8554/a/b?c=1&d=2", "rtsp://cam.local:8554/a/b?c=1&d=2", "cam.local", 8554, null, null)]
    [InlineData("rtsp://admin:p%40ss@10.0.0.1/x", "rtsp://10.0.0.1/x", "10.0.0.1", 554, "admin", "p@ss")]
    [InlineData("rtsp://admin:p@ss#1:2@10.0.0.1/x@y", "rtsp://10.0.0.1/x@y", "10.0.0.1", 554, "admin", "p@ss#1:2")]
    [InlineData("rtsp://admin@[fe80::1]:1554/", "rtsp://[fe80::1]:1554/", "fe80::1", 1554, "admin", "")]
    public void Urls_come_apart_and_never_show_credentials(string text, string shown, string host, int port, string? user, string? password)
    {
        Assert.True(RtspUrl.TryParse(text, out var url, out _));
        Assert.Equal((shown, host, port, user, password), (url.ToString(), url.Host, url.Port, url.User, url.Password));
    }

    [Theory]
    [InlineData("")]
    [InlineData("host/path")]
    [InlineData("http://host/")]
    [InlineData("rtsp://")]
    [InlineData("rtsp:///path")]
    [InlineData("rtsp://h:99999/")]
    [InlineData("rtsp://h:x/")]
    [InlineData("rtsp://h/a b")]
    [InlineData("rtsp://h/\r\nSession: 1")]
    public void What_is_no_rtsp_url_is_refused_with_a_reason(string text)
    {
        Assert.False(RtspUrl.TryParse(text, out _, out var reason));
        Assert.NotEmpty(reason);
    }

    [Theory]
    [InlineData("rtsp://h/a", null, "rtsp://h/a")]
    [InlineData("rtsp://h/a", "*", "rtsp://h/a")]
    [InlineData("rtsp://h/a", "trackID=1", "rtsp://h/a/trackID=1")]
    [InlineData("rtsp://h/a/", "trackID=1", "rtsp://h/a/trackID=1")]
    [InlineData("rtsp://h/a?ch=1", "trackID=1", "rtsp://h/a?ch=1/trackID=1")]
    [InlineData("rtsp://h/a", "?ctype=video", "rtsp://h/a?ctype=video")]
    [InlineData("rtsp://h:55/a/b", "/c", "rtsp://h:55/c")]
    [InlineData("rtsp://h/a", "rtsp://other/x", "rtsp://other/x")]
    public void Control_attributes_point_to(string baseUrl, string? control, string expected) => Assert.Equal(expected, RtspUrl.Resolve(baseUrl, control));
}
