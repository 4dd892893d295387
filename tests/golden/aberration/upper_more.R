suppressMessages(library(surveillance))
c <- as.matrix(read.csv("more_counts.csv",header=FALSE)); p <- as.matrix(read.csv("more_population.csv",header=FALSE)); dimnames(c)<-NULL; dimnames(p)<-NULL
d <- seq(as.Date("2014-12-29"),by="week",length.out=nrow(c))
out <- NULL
run <- function(name, s, ctl) {
  r <- suppressWarnings(farringtonFlexible(s, ctl)); n<-length(ctl$range)
  k <- r@control
  out <<- rbind(out, data.frame(setting=name, series=rep(1:ncol(c),each=n), row=rep(ctl$range-1,ncol(c)),
     upper=sprintf("%.17g",as.vector(r@upperbound)), alarm=as.vector(r@alarm)*1, expected=sprintf("%.17g",as.vector(k$expected)), phi=sprintf("%.17g",as.vector(k$phiVector)), trend=as.vector(k$trend), p=sprintf("%.17g",as.vector(k$pvalue))))
}
rg <- 319:330
sd <- sts(observed=c, epoch=as.numeric(d), epochAsDate=TRUE, frequency=52, population=p)
s0 <- sts(observed=c, start=c(2015,1), frequency=52, population=p)
base <- list(range=rg,b=5,w=3,weightsThreshold=2.58,noPeriods=10,pastWeeksNotIncluded=26,pThresholdTrend=1,alpha=0.005,thresholdMethod="nbPlugin")
run("dates", sd, base)
run("population", s0, modifyList(base,list(populationOffset=TRUE)))
run("population_trend", s0, modifyList(base,list(populationOffset=TRUE,pThresholdTrend=0.05)))
run("delta_dates", sd, modifyList(base,list(noPeriods=1,pastWeeksNotIncluded=3,pThresholdTrend=0.05,alpha=0.05,thresholdMethod="delta",limit54=c(0,4))))
run("muan_trend", s0, modifyList(base,list(pThresholdTrend=0.05,thresholdMethod="muan",limit54=c(2,3))))
run("nolimit", s0, modifyList(base,list(limit54=c(0,4))))
write.csv(out,"upper_more.csv",row.names=FALSE,quote=FALSE)
