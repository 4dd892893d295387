suppressMessages(library(surveillance))
set.seed(3)
T <- 120; mu <- matrix(c(rep(0.4,T), 5*exp(0.3*sin(2*pi*(1:T)/52)), rep(40,T)), T, 3)
c <- mu; for (j in 1:3) c[,j] <- rnbinom(T, mu=mu[,j], size=5)
c[80:90,] <- c[80:90,] + round(0.8*mu[80:90,]) + 1
out <- data.frame(row=0:(T-1))
for (j in 1:3) {
  s <- sts(observed=c[,j], frequency=52)
  g <- glrnb(s, control=list(range=1:T, mu0=mu[,j], alpha=0.2, c.ARL=5, M=20, Mtilde=1, change="intercept", dir="inc", ret="value"))
  p <- glrnb(s, control=list(range=1:T, mu0=mu[,j], alpha=0, c.ARL=5, M=20, Mtilde=1, change="intercept", dir="inc", ret="value"))
  k <- algo.cusum(sts2disProg(s), control=list(range=2:T, k=1.04, h=2.26, m=mean(mu[,j]), trans="standard"))
  r <- algo.cusum(sts2disProg(s), control=list(range=2:T, k=1.04, h=2.26, m=mean(mu[,j]), trans="rossi"))
  n <- algo.cusum(sts2disProg(s), control=list(range=2:T, k=1.04, h=2.26, m=mean(mu[,j]), trans="anscombe"))
  out[[paste0("count",j)]] <- c[,j]; out[[paste0("mean",j)]] <- mu[,j]
  out[[paste0("glr",j)]] <- as.vector(g@upperbound); out[[paste0("glralarm",j)]] <- as.vector(g@alarm)*1
  out[[paste0("glr_poisson",j)]] <- as.vector(p@upperbound)
  out[[paste0("cusum_standard",j)]] <- c(NA, as.vector(k$cusum)); out[[paste0("cusum_rossi",j)]] <- c(NA, as.vector(r$cusum)); out[[paste0("cusum_anscombe",j)]] <- c(NA, as.vector(n$cusum))
}
write.csv(format(out,digits=17,trim=TRUE), "control_charts.csv", row.names=FALSE, quote=FALSE)
