using EdgeRecorder.DigestAuth;

namespace EdgeRecorder.Tests.DigestAuth;

public sealed class AuthenticatorTests
{
    private const string Rfc2617 = "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
    private const string Rfc7616 = "realm=\"http-auth@example.org\", qop=\"auth, auth-int\", nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";

    [Fact]
    public void Digest_as_in_rfc_2617_section_3_5()
    {
        var authenticator = new Authenticator("Mufasa", "Circle Of Life", () => "0a4f113b");
        Assert.True(authenticator.Accept([Rfc2617]));
        Assert.Contains("response=\"6629fae49393a05397450978507c4ef1\"", authenticator.Header("GET", "/dir/index.html"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MD5", "8ca523f5e9506fed4657c9700eebdbec")]
    [InlineData("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1")]
    public void Digest_as_in_rfc_7616_section_3_9_1(string algorithm, string response)
    {
        var authenticator = new Authenticator("Mufasa", "Circle of Life", () => "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ");
        Assert.True(authenticator.Accept([$"Digest {Rfc7616}, algorithm={algorithm}"]));
        var header = authenticator.Header("GET", "/dir/index.html")!;
        Assert.Contains($"response=\"{response}\"", header, StringComparison.Ordinal);
        Assert.Contains("nc=00000001", header, StringComparison.Ordinal);
        Assert.Contains("nc=00000002", authenticator.Header("GET", "/"), StringComparison.Ordinal);
    }

    [Fact]
    public void Basic_as_in_rfc_7617_section_2()
    {
        var authenticator = new Authenticator("Aladdin", "open sesame");
        Assert.True(authenticator.Accept(["Basic realm=\"WallyWorld\""]));
        Assert.Equal("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", authenticator.Header("DESCRIBE", "rtsp://h/"));
    }

    [Fact]
    public void The_strongest_challenge_is_answered_also_when_all_stand_in_one_header()
    {
        var authenticator = new Authenticator("a", "b");
        Assert.True(authenticator.Accept(["Basic realm=\"x, y\", Digest realm=\"r\", nonce=\"1\", algorithm=MD5, Digest realm=\"r\",nonce=\"2\",algorithm=SHA-256, Negotiate"]));
        Assert.Contains("nonce=\"2\"", authenticator.Header("PLAY", "rtsp://h/"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_refused_answer_is_final_but_a_stale_nonce_is_not()
    {
        var authenticator = new Authenticator("a", "b");
        Assert.True(authenticator.Accept(["Digest realm=\"r\", nonce=\"1\""]));
        authenticator.Header("PLAY", "u");
        Assert.True(authenticator.Accept(["Digest realm=\"r\", nonce=\"2\", stale=TRUE"]));
        authenticator.Header("PLAY", "u");
        Assert.False(authenticator.Accept(["Digest realm=\"r\", nonce=\"3\""]));
        Assert.False(new Authenticator("a", "b").Accept(["Negotiate", "Digest nonce=\"1\", algorithm=SHA-512-256"]));
    }
}
